"""A publisher's books: the models that random programs ask for.

Every kind of relation: keys that may be NULL, that refer to their own model, to a column that is no
primary key, to a text and to a child model; one-to-one; many-to-many with and without a model of
its own; two levels of multi-table inheritance.
"""

from django.db import models


class Publisher(models.Model):
    name = models.CharField(max_length=50, default="")
    country = models.CharField(max_length=50, null=True)
    founded = models.IntegerField(null=True)
    parent = models.ForeignKey("self", models.SET_NULL, null=True, related_name="imprints")


class Shelf(models.Model):
    code = models.CharField(max_length=50, primary_key=True)
    room = models.IntegerField(default=0)

    class Meta:
        verbose_name_plural = "shelves"


class Person(models.Model):
    name = models.CharField(max_length=50, default="")
    born = models.IntegerField(null=True)
    mentor = models.ForeignKey("self", models.SET_NULL, null=True, related_name="pupils")

    class Meta:
        verbose_name_plural = "people"
        ordering = ["name", "pk"]


class Author(Person):
    pen_name = models.CharField(max_length=50, null=True)
    publisher = models.ForeignKey(Publisher, models.CASCADE, null=True, related_name="authors")


class Tag(models.Model):
    word = models.CharField(max_length=50, default="")


class Book(models.Model):
    title = models.CharField(max_length=50, default="")
    subtitle = models.TextField(null=True)
    isbn = models.CharField(max_length=50, null=True, unique=True)
    pages = models.IntegerField(null=True)
    price = models.DecimalField(max_digits=9, decimal_places=2, null=True)
    weight = models.FloatField(default=0.0)
    printed = models.BooleanField(default=False)
    published = models.DateField(null=True)
    publisher = models.ForeignKey(Publisher, models.CASCADE, null=True, related_name="books")
    shelf = models.ForeignKey(Shelf, models.SET_NULL, null=True, related_name="books")
    sequel = models.ForeignKey("self", models.SET_NULL, null=True, related_name="prequels")
    tags = models.ManyToManyField(Tag, related_name="books")
    people = models.ManyToManyField(Person, through="Contribution", related_name="books")


class Novel(Book):
    genre = models.CharField(max_length=50, null=True)
    hero = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="novels")


class Saga(Novel):
    volumes = models.IntegerField(null=True)


class Contribution(models.Model):
    book = models.ForeignKey(Book, models.CASCADE, related_name="contributions")
    person = models.ForeignKey(Person, models.CASCADE, related_name="contributions")
    role = models.CharField(max_length=50, default="")
    share = models.IntegerField(null=True)

    class Meta:
        ordering = ["-share", "pk"]


class Cover(models.Model):
    book = models.OneToOneField(Book, models.CASCADE, null=True, related_name="cover")
    artist = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="covers")
    colour = models.CharField(max_length=50, null=True)


class Review(models.Model):
    book = models.ForeignKey(Book, models.SET_NULL, null=True, related_name="reviews")
    reviewer = models.ForeignKey(
        Person, models.CASCADE, null=True, related_name="reviews", db_index=False
    )
    stars = models.IntegerField(null=True)
    text = models.TextField(default="")
    on = models.DateField(null=True)


class Film(models.Model):
    title = models.CharField(max_length=50, default="")
    year = models.IntegerField(null=True)
    novel = models.ForeignKey(Novel, models.CASCADE, null=True, related_name="films")
    source = models.ForeignKey(
        Book, models.DO_NOTHING, to_field="isbn", null=True, related_name="sources"
    )

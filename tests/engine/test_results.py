"""What comes back is exact and of its type, or an exception of django.db says why not."""

import datetime

import pytest
from bson import Decimal128, ObjectId
from django.db import DataError, NotSupportedError, connection, migrations, models
from django.db.models import DecimalField, Exists, ExpressionWrapper, F, Max, OuterRef, Sum

from tests.engine.programs.models import Book, Publisher, Review
from tests.engine.schema_world import World

INTEGERS = {
    "big": models.BigIntegerField,
    "plain": models.IntegerField,
    "small": models.SmallIntegerField,
    "positive_big": models.PositiveBigIntegerField,
    "positive": models.PositiveIntegerField,
    "positive_small": models.PositiveSmallIntegerField,
    "id": models.BigAutoField,
}


@pytest.fixture(scope="module")
def numbers(database):
    """A model with every kind of integer field."""
    world = World()
    fields = [(name, field(primary_key=name == "id")) for name, field in INTEGERS.items()]
    world.apply(migrations.CreateModel("Number", fields))
    yield world.model("Number").objects
    world.destroy()


@pytest.mark.parametrize("name", INTEGERS)
def test_integer_beyond_64_bits_is_an_error_whatever_the_field(numbers, name):
    numbers.create(**dict.fromkeys(INTEGERS, 3))
    beyond = F(name) * 2**62
    for ask in (
        lambda: list(numbers.annotate(n=beyond).values("n")),
        lambda: numbers.aggregate(n=Sum(beyond)),
        lambda: numbers.aggregate(n=Max(beyond) - 1),
        lambda: list(numbers.annotate(n=ExpressionWrapper(beyond, DecimalField())).values("n")),
    ):
        with pytest.raises(DataError, match="64 bits"):
            ask()
    assert numbers.annotate(n=F(name) * 2**61).get().n == 3 * 2**61


def test_foreign_keys_summed_beyond_64_bits_are_an_error():
    publisher = Publisher.objects.create(pk=2**62)
    Book.objects.create(publisher=publisher)
    with pytest.raises(DataError, match="64 bits"):
        Book.objects.aggregate(n=Sum(F("publisher") * 4))


def test_what_is_no_integer_in_an_integer_column_is_an_error():
    Review.objects.create(stars=5)
    for value in (Decimal128("1"), "five"):
        connection.database["programs_review"].update_one({}, {"$set": {"stars": value}})
        with pytest.raises(DataError, match="no integer"):
            Review.objects.aggregate(n=Max("stars"))


MIXED = [2.5, True, "x", b"y", ObjectId(), Decimal128("3"), datetime.datetime(2026, 1, 1), 1, None]


@pytest.fixture
def mixed():
    """A book that is reviewed, with reviews that refer to values of every type beside it."""
    Book.objects.create(pk=1, title="a")
    Book.objects.create(pk=4, title="b")
    reviews = [{"id": number, "book_id": value} for number, value in enumerate(MIXED)]
    connection.database["programs_review"].insert_many(reviews)
    return Review.objects.all()


def test_subquery_over_mixed_types_finds_what_is_equal(mixed):
    asked = [
        Book.objects.filter(pk__in=mixed.values("book")),
        Book.objects.filter(Exists(mixed.filter(book=OuterRef("pk")))),
        Book.objects.filter(reviews__in=mixed),
    ]
    assert [[book.title for book in books] for books in asked] == [["a"]] * 3
    assert [book.title for book in Book.objects.exclude(reviews__id__gte=0)] == ["b"]


@pytest.mark.parametrize("value", [{"$gt": 0}, [1], float("nan")], ids=str)
def test_subquery_that_finds_what_is_no_scalar_is_refused(mixed, value):
    connection.database["programs_review"].insert_one({"id": 99, "book_id": value})
    with pytest.raises(NotSupportedError, match=r"a value of type|NaN"):
        list(Book.objects.filter(pk__in=mixed.values("book")))

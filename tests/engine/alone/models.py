from djongo import models


class Publisher(models.Model):
    # The key.
    name = models.CharField(max_length=40, unique=True)

    class Meta:
        ordering = ["name"]

    def __str__(self):
        return self.name


class Book(models.Model):
    # The key.
    title = models.CharField(max_length=40)
    publisher = models.ForeignKey(Publisher, models.CASCADE, null=True, blank=True)
    price = models.DecimalField(max_digits=6, decimal_places=2, default=1)
    printed = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["title"]

    def __str__(self):
        return self.title

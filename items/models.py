"""The item: its fields, limits, choices and indexes."""

import uuid
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinLengthValidator
from django.db import models

from djongo_engine.schema.indexes import CollationIndex
from items.finding import COLLATION
from items.limits import (
    ID_VERSIONS,
    MAX_COUNT,
    MAX_NAME_CHARACTERS,
    PRICE_LIMIT_EURO,
    PRICE_STEP_EURO,
)
from items.managers import ItemManager


def validate_id(value: uuid.UUID) -> None:
    """Raise ValidationError unless the id is a UUID of a version that the original writes.

    The original of 2023 writes version 4 and reads no other; its later generation writes 7.
    """
    if value.version not in ID_VERSIONS:
        raise ValidationError("Must be a UUID of version 4 or 7.", code="version")


def validate_price(value: Decimal | float) -> None:
    """Raise ValidationError unless a price is above 0, below 10^9, and has four decimals at most.

    Within these limits a double holds every price exactly enough to print it as it came.
    """
    price = value if isinstance(value, Decimal) else Decimal(repr(value))
    if not (price.is_finite() and 0 < price < PRICE_LIMIT_EURO):
        raise ValidationError(
            f"Must be greater than 0 and less than {PRICE_LIMIT_EURO}.", code="price_range"
        )
    if price != price.quantize(PRICE_STEP_EURO):
        raise ValidationError("Must have at most 4 decimal places.", code="decimal_places")


class Category(models.TextChoices):
    """What an item is."""

    TOOLS = "tools"
    CONSUMABLES = "consumables"


class Item(models.Model):
    """An item in stock, stored in the form that the original service reads and writes."""

    id = models.UUIDField(
        primary_key=True, default=uuid.uuid4, db_column="_id", validators=[validate_id]
    )
    name = models.CharField(max_length=MAX_NAME_CHARACTERS, validators=[MinLengthValidator(1)])
    category = models.CharField(max_length=11, choices=Category)
    count = models.PositiveIntegerField(validators=[MaxValueValidator(MAX_COUNT)])
    # A double, as the original stores it; see docs/decisions/prices-are-doubles.md.
    price = models.FloatField(validators=[validate_price], help_text="In Euro.")

    objects = ItemManager()

    class Meta:
        """The collection of the original, and the indexes of docs/finding.md.

        An index is named "items" and its fields before the id; `items.finding` counts on it.
        """

        db_table = "items"
        indexes = [
            CollationIndex(fields=["name", "id"], name="items_name", collation=COLLATION),
            models.Index(fields=["count", "id"], name="items_count"),
            models.Index(fields=["price", "id"], name="items_price"),
            models.Index(fields=["category", "id"], name="items_category"),
            CollationIndex(
                fields=["category", "name", "id"], name="items_category_name", collation=COLLATION
            ),
            models.Index(fields=["category", "count", "id"], name="items_category_count"),
            models.Index(fields=["category", "price", "id"], name="items_category_price"),
        ]

    def __str__(self) -> str:
        return self.name

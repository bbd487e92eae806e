"""What the API takes: the body of an item, and the arguments of the URLs."""

from collections.abc import Mapping
from typing import Any

from django.db import models
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from items.documents import COLUMNS, FIELDS
from items.fields import (
    CountArgument,
    CountField,
    FlagArgument,
    IdField,
    NameField,
    NewIdField,
    PriceArgument,
    PriceBound,
    PriceField,
)
from items.finding import ORDERINGS, Listing
from items.limits import (
    DEFAULT_PAGE_ITEMS,
    MAX_COUNT,
    MAX_NAME_CHARACTERS,
    MAX_PAGE_ITEMS,
    PRICE_LIMIT_EURO,
)
from items.models import Item, validate_id
from items.pagination import read_cursor
from items.transfer.exports import EXPORTS

FIELD_CLASSES = {
    **serializers.ModelSerializer.serializer_field_mapping,
    models.UUIDField: IdField,
    models.CharField: NameField,
    models.PositiveIntegerField: CountField,
    models.FloatField: PriceField,
}
ARGUMENT_CLASSES = {
    **FIELD_CLASSES,
    models.PositiveIntegerField: CountArgument,
    models.FloatField: PriceArgument,
}
OPTIONAL = {name: {"required": False} for name in FIELDS}
LIST_OPTIONS = ("ordering", "limit", "cursor", "total", "format")
"""The arguments of the list that say how it comes; the others say which items are in it."""


class StrictSerializer(serializers.Serializer[Any]):
    """A serializer that names unknown fields instead of ignoring them."""

    unknown_message = "Unknown field."

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return the validated values. Raises ValidationError naming each field at fault."""
        errors: dict[str, Any] = {}
        values: dict[str, Any] = {}
        try:
            values = super().to_internal_value(data)
        except serializers.ValidationError as error:
            errors = dict(error.detail) if isinstance(error.detail, dict) else {}
        if isinstance(data, Mapping):
            unknown = ErrorDetail(self.unknown_message, "unknown")
            errors |= {name: [unknown] for name in data if name not in self.fields}
        if errors:
            raise serializers.ValidationError(errors)
        return values

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the values as they are stored: a price as a double, an id as text."""
        if "price" in attrs:
            attrs["price"] = float(attrs["price"])
        if "id" in attrs:
            attrs["id"] = str(attrs["id"])
        return attrs


class ItemSerializer(StrictSerializer, serializers.ModelSerializer[Any]):
    """An item, its fields and limits taken from the model."""

    serializer_field_mapping = FIELD_CLASSES

    # Of any version, as what is stored may have one of another service.
    id = IdField()

    class Meta:
        """All fields."""

        model = Item
        fields = COLUMNS

    def to_representation(self, instance: dict[str, Any]) -> dict[str, Any]:
        """Return the item as it is: the manager gives items in the API's form."""
        return instance


class ItemRequestSerializer(ItemSerializer):
    """A body that makes an item, or changes one: the id may be left out."""

    id = NewIdField(required=False, validators=[validate_id])

    def get_initial(self) -> dict[str, Any]:
        """Return what a form of the browsable API begins with: no id, as one is made here."""
        return {name: value for name, value in super().get_initial().items() if name != "id"}


class BulkChangeSerializer(ItemSerializer):
    """`PATCH /v1/items/bulk`: the fields to change, of the item that has the id."""

    class Meta(ItemSerializer.Meta):
        """Every field but the id may be left out."""

        extra_kwargs = OPTIONAL


@extend_schema_field(
    {"type": "integer", "minimum": -MAX_COUNT, "maximum": MAX_COUNT, "not": {"enum": [0]}}
)
class DeltaField(CountField):
    """A whole JSON number that is not 0."""


class AdjustmentSerializer(StrictSerializer):
    """`POST /v1/items/{id}/adjust`: how much comes in, or goes out."""

    delta = DeltaField(
        min_value=-MAX_COUNT,
        max_value=MAX_COUNT,
        help_text="What is added to the count; below 0 to take from it, never 0.",
    )

    def validate_delta(self, value: int) -> int:
        """Return the delta. Raises ValidationError for 0."""
        if not value:
            raise serializers.ValidationError("Must not be 0.")
        return value


class ArgumentSerializer(StrictSerializer):
    """The arguments of a URL: each at most once, and none that is unknown."""

    unknown_message = "Unknown argument."

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return the validated values of a QueryDict. Raises ValidationError."""
        if repeated := [name for name, values in data.lists() if len(values) > 1]:
            raise serializers.ValidationError({name: ["Given twice."] for name in repeated})
        return super().to_internal_value(data.dict())


class ChangeArguments(ArgumentSerializer, serializers.ModelSerializer[Any]):
    """`PUT /v1/items/{id}?…`: the fields to change."""

    serializer_field_mapping = ARGUMENT_CLASSES

    class Meta:
        """The fields that the original changes this way."""

        model = Item
        fields: tuple[str, ...] = ("name", "count", "price")
        extra_kwargs = OPTIONAL


class SelectArguments(ChangeArguments):
    """`GET /v1/items/?…`: what the fields must equal."""

    class Meta(ChangeArguments.Meta):
        """The fields that the original selects by, in the order in which it shows them."""

        fields: tuple[str, ...] = ("name", "count", "price", "category")


def count_bound(text: str) -> CountArgument:
    """Return a bound on the count."""
    return CountArgument(required=False, min_value=0, max_value=MAX_COUNT, help_text=text)


def price_bound(text: str) -> PriceBound:
    """Return a bound on the price."""
    return PriceBound(required=False, min_value=0, max_value=PRICE_LIMIT_EURO, help_text=text)


class ListArguments(SelectArguments):
    """`GET /v1/items`: which items, in what order, and which page or format of them."""

    search = NameField(
        required=False,
        max_length=MAX_NAME_CHARACTERS,
        help_text="Text within the name, in any case.",
    )
    count__gte = count_bound("The least count.")
    count__lte = count_bound("The greatest count.")
    price__gte = price_bound("The lowest price.")
    price__lte = price_bound("The highest price.")
    ordering = serializers.ChoiceField(
        ORDERINGS,
        default="id",
        help_text="The field to order by, `-` for the greatest first. Equal items are in the "
        "order of their ids, names compare without regard to case and accents.",
    )
    limit = CountArgument(
        required=False,
        min_value=1,
        max_value=MAX_PAGE_ITEMS,
        help_text=f"Items on a page, {DEFAULT_PAGE_ITEMS} unless given.",
    )
    cursor = serializers.CharField(
        required=False, help_text="Where the page starts; take it from the `Link` header."
    )
    total = FlagArgument(
        default=False, help_text="Whether `X-Total-Count` tells how many items there are in all."
    )
    format = serializers.ChoiceField(
        ["json", *EXPORTS],
        required=False,
        help_text="Goes before the `Accept` header. `csv` and `ndjson` give all items at once.",
    )

    class Meta(SelectArguments.Meta):
        """The arguments in the order in which the documentation shows them."""

        fields = (
            *("name", "search", "category"),
            *("count", "count__gte", "count__lte", "price", "price__gte", "price__lte"),
            *LIST_OPTIONS,
        )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the `listing`, the position to start `after`, and the other arguments."""
        conditions = {
            name: float(value) if name.startswith("price") else value
            for name, value in attrs.items()
            if name not in LIST_OPTIONS
        }
        listing = Listing(conditions, attrs["ordering"])
        after = None
        if "cursor" in attrs:
            try:
                after = read_cursor(listing, attrs["cursor"])
            except ValueError as error:
                raise serializers.ValidationError(
                    {"cursor": ["Not a cursor that this service gave out for this list."]}
                ) from error
        return {**attrs, "listing": listing, "after": after}


# Made once: their fields take longer to make than to validate, and run_validation keeps no state.
NEW_ITEM = ItemRequestSerializer()
ITEM_CHANGES = ItemRequestSerializer(partial=True)
BULK_CHANGE = BulkChangeSerializer()
ADJUSTMENT = AdjustmentSerializer()
CHANGE_ARGUMENTS = ChangeArguments()
SELECT_ARGUMENTS = SelectArguments()
LIST_ARGUMENTS = ListArguments()

"""What the API takes: the body of an item, and the arguments of the URLs."""

from collections.abc import Mapping
from typing import Any

from django.db import models
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from items.fields import CountArgument, CountField, IdField, NameField, PriceArgument, PriceField
from items.models import Item, validate_id
from items.pagination import DEFAULT_LIMIT, MAX_LIMIT, CursorField

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

    class Meta:
        """The fields in the order in which the original shows them."""

        model = Item
        fields = ("id", "name", "category", "count", "price")
        # Without the validator that asks the database: the insert itself finds a taken id.
        extra_kwargs = {"id": {"required": False, "validators": [validate_id]}}

    def to_representation(self, instance: dict[str, Any]) -> dict[str, Any]:
        """Return the item as it is: the manager gives items in the API's form."""
        return instance


class ArgumentSerializer(StrictSerializer):
    """The arguments of a URL: each at most once, and none that is unknown."""

    unknown_message = "Unknown argument."

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return the validated values of a QueryDict. Raises ValidationError."""
        if repeated := [name for name, values in data.lists() if len(values) > 1]:
            raise serializers.ValidationError({name: ["Given twice."] for name in repeated})
        return super().to_internal_value(data.dict())


class ListArguments(ArgumentSerializer):
    """`GET /v1/items`: which page."""

    limit = CountArgument(
        min_value=1, max_value=MAX_LIMIT, default=DEFAULT_LIMIT, help_text="Items on a page."
    )
    cursor = CursorField(
        default="", help_text="Where the page starts; take it from the `Link` header."
    )


class ChangeArguments(ArgumentSerializer, serializers.ModelSerializer[Any]):
    """`PUT /v1/items/{id}?…`: the fields to change."""

    serializer_field_mapping = ARGUMENT_CLASSES

    class Meta:
        """The fields that the original changes this way."""

        model = Item
        fields = ("name", "count", "price")
        extra_kwargs = {name: {"required": False} for name in fields}


class SelectArguments(ChangeArguments):
    """`GET /v1/items/?…`: what the fields must equal."""

    class Meta(ChangeArguments.Meta):
        """The fields that the original selects by, in the order in which it shows them."""

        fields = ("name", "count", "price", "category")  # type: ignore[assignment]
        extra_kwargs = {name: {"required": False} for name in fields}

"""What the API takes in a body."""

from collections.abc import Mapping
from typing import Any

from django.db import models
from django.utils.functional import cached_property
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.fields import empty

from items.documents import COLUMNS, FIELDS
from items.fields import (
    CountArgument,
    CountField,
    IdField,
    NameField,
    NewIdField,
    PriceArgument,
    PriceField,
)
from items.limits import MAX_COUNT
from items.models import Item, validate_id

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


class StrictSerializer(serializers.Serializer[Any]):
    """A serializer that names unknown fields instead of ignoring them."""

    unknown_message = "Unknown field."

    def run_validation(self, data: Any = empty) -> dict[str, Any]:
        """Return the validated values. Raises ValidationError naming each field at fault.

        It leaves out DRF's steps for nested and read-only fields and for validators of a whole
        serializer. Nothing here has one, and they take as long as the rest.
        """
        if isinstance(data, Mapping):
            return self.validate(self.to_internal_value(data))
        values: dict[str, Any] = super().run_validation(data)
        return values

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return the values of the fields. Raises ValidationError naming each field at fault."""
        if not isinstance(data, Mapping):
            super().to_internal_value(data)
        errors: dict[str, Any] = {}
        values: dict[str, Any] = {}
        for name, field in self._fields_by_name.items():
            if name not in data and not (field.required and not self.partial):
                if field.default is not empty and not self.partial:
                    values[name] = field.get_default()
                continue
            try:
                values[name] = field.run_validation(data.get(name, empty))
            except serializers.ValidationError as error:
                errors[name] = error.detail
        if unknown := data.keys() - self._fields_by_name.keys():
            refusal = [ErrorDetail(self.unknown_message, "unknown")]
            errors |= {name: refusal for name in data if name in unknown}
        if errors:
            raise serializers.ValidationError(errors)
        return values

    @cached_property
    def _fields_by_name(self) -> dict[str, Any]:
        return dict(self.fields)

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

    def to_internal_value(self, data: Any) -> int:
        """Return the delta. Raises ValidationError for 0."""
        if not (value := super().to_internal_value(data)):
            raise serializers.ValidationError("Must not be 0.")
        return value


class AdjustmentSerializer(StrictSerializer):
    """`POST /v1/items/{id}/adjust`: how much comes in, or goes out."""

    delta = DeltaField(
        min_value=-MAX_COUNT,
        max_value=MAX_COUNT,
        help_text="What is added to the count; below 0 to take from it, never 0.",
    )


# Made once: their fields take longer to make than to validate, and run_validation keeps no state.
NEW_ITEM = ItemRequestSerializer()
ITEM_CHANGES = ItemRequestSerializer(partial=True)
BULK_CHANGE = BulkChangeSerializer()
ADJUSTMENT = AdjustmentSerializer()

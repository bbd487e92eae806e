"""What the forms of the API's pages consist of."""

from dataclasses import dataclass
from typing import Any, cast

from rest_framework import serializers

LABELS = {
    "count__gte": "Count from",
    "count__lte": "Count to",
    "price__gte": "Price from",
    "price__lte": "Price to",
    "total": "Count all",
}


@dataclass(frozen=True)
class Control:
    """A field of a form: what stands in it, what is stored, and what is wrong with it."""

    field: serializers.Field[Any, Any, Any, Any]
    value: str
    stored: str
    errors: list[str]

    @property
    def name(self) -> str:
        """The field's name in the API."""
        return cast(str, self.field.field_name)

    @property
    def label(self) -> str:
        """What a person reads."""
        return LABELS.get(self.name) or str(self.field.label)

    @property
    def choices(self) -> list[str]:
        """What it may be; empty if that is not a choice."""
        if isinstance(self.field, serializers.BooleanField):
            return ["true"]
        return list(getattr(self.field, "choices", ()))

    @property
    def is_number(self) -> bool:
        """Whether JSON has it as a number."""
        return isinstance(self.field, (serializers.IntegerField, serializers.FloatField))


@dataclass(frozen=True)
class RawForm:
    """A form for a body of JSON, which any of its methods sends."""

    methods: tuple[str, ...]
    content: str


def as_text(value: Any) -> str:
    """Return what stands in a field for a value of JSON."""
    return "" if value is None else str(value)

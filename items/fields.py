"""Serializer fields with strict JSON types: a price is a number, a name is a string."""

import re
import uuid
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from items.limits import ID_VERSIONS, PRICE_LIMIT_EURO, PRICE_STEP_EURO

NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]{1,3})?")
"""The numbers of JSON (RFC 8259), leading zeros allowed; the exponent is kept small."""

MAX_INTEGER = 10**18

VERSIONS = "".join(map(str, ID_VERSIONS))


def is_number(data: Any) -> bool:
    """Tell whether a value that a JSON parser gave was a JSON number."""
    return isinstance(data, (int, float, Decimal)) and not isinstance(data, bool)


class IdField(serializers.UUIDField):
    """A UUID in any spelling that `uuid.UUID` reads."""

    def to_internal_value(self, data: Any) -> uuid.UUID:
        """Return the UUID. Raises ValidationError for anything but its text."""
        if not isinstance(data, str):
            self.fail("invalid", value=type(data).__name__)
        try:
            return uuid.UUID(data)
        except ValueError:
            self.fail("invalid", value=data)


@extend_schema_field(
    {
        "type": "string",
        "format": "uuid",
        "pattern": f"^[0-9A-Fa-f]{{8}}-[0-9A-Fa-f]{{4}}-[{VERSIONS}][0-9A-Fa-f]{{3}}"
        "-[89ABab][0-9A-Fa-f]{3}-[0-9A-Fa-f]{12}$",
        "description": f"Of version {' or '.join(VERSIONS)}.",
    }
)
class NewIdField(IdField):
    """The id that a client gives a new item."""


class NameField(serializers.CharField):
    """A string, kept as it is."""

    def __init__(self, **options: Any) -> None:
        """Keep white space: a name is never trimmed."""
        super().__init__(**{**options, "trim_whitespace": False})

    def to_internal_value(self, data: Any) -> str:
        """Return the string. Raises ValidationError for a number, which CharField accepts."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class CountField(serializers.IntegerField):
    """A whole JSON number."""

    def to_internal_value(self, data: Any) -> int:
        """Return the integer. Raises ValidationError for a string, a boolean or a fraction."""
        if not is_number(data):
            self.fail("invalid")
        number = Decimal(data)
        # The bounds come first: int() of 1e999999999 would fill the memory; abs() would overflow.
        if not -MAX_INTEGER <= number <= MAX_INTEGER or number != number.to_integral_value():
            self.fail("invalid")
        return int(number)


@extend_schema_field(
    {
        "type": "number",
        "format": "double",
        "minimum": 0,
        "exclusiveMinimum": True,
        "maximum": PRICE_LIMIT_EURO,
        "exclusiveMaximum": True,
        "multipleOf": float(PRICE_STEP_EURO),
        "description": "In Euro.",
    }
)
class PriceField(serializers.FloatField):
    """A JSON number, validated by its digits and not as a rounded double."""

    def to_internal_value(self, data: Any) -> Decimal:  # type: ignore[override]
        """Return the decimal. Raises ValidationError for a string or a boolean."""
        if not is_number(data):
            self.fail("invalid")
        return Decimal(repr(data)) if isinstance(data, float) else Decimal(data)


class _NumberInText:
    """Mixin: the number that an argument of a URL spells."""

    def to_internal_value(self, data: Any) -> Any:
        """Return what the field makes of the number. Raises ValidationError for other text."""
        if not NUMBER.fullmatch(data):
            self.fail("invalid")  # type: ignore[attr-defined]
        return super().to_internal_value(Decimal(data))  # type: ignore[misc]


class CountArgument(_NumberInText, CountField):
    """A count in a URL."""


class PriceArgument(_NumberInText, PriceField):
    """A price in a URL."""


@extend_schema_field(
    {
        "type": "number",
        "format": "double",
        "minimum": 0,
        "maximum": PRICE_LIMIT_EURO,
        "description": "In Euro.",
    }
)
class PriceBound(PriceArgument):
    """A bound on a price in a URL, which may be 0 and have any decimals."""


class FlagArgument(serializers.BooleanField):
    """`true` or `false` in a URL; BooleanField takes a dozen other spellings."""

    TRUE_VALUES = {"true"}
    FALSE_VALUES = {"false"}
    NULL_VALUES: set[str | None] = set()

"""Values on their way into MongoDB: data always, never an operator, a path or a document."""

import datetime
import uuid
from collections.abc import Iterable
from decimal import Decimal, DecimalException
from typing import Any

import bson
from bson import Decimal128, ObjectId
from bson.errors import BSONError
from django.db import DataError, IntegrityError, models
from django.db.backends.utils import format_number

from djongo_engine.errors import refuse

_EXACT = frozenset({bool, int, float, str, bytes, datetime.datetime, Decimal128, ObjectId})
_TYPES_IN_ORDER = (str, bytes, ObjectId, bool, datetime.datetime)
_INT64 = range(-(2**63), 2**63)


def scalar(value: Any) -> Any:
    """Return a value as MongoDB stores it; UUIDs as text of 36 characters.

    Raises NotSupportedError for a value that is no scalar, as MongoDB would read a document or a
    list as operators; and for NaN, which every database treats in its own way. Raises DataError
    for a number that MongoDB cannot hold.
    """
    if value is None:
        return None
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, Decimal):
        value = _decimal128(value)
    elif isinstance(value, (bytearray, memoryview)):
        return bytes(value)
    elif type(value) not in _EXACT:
        value = _as_base(value)
    if value != value or (isinstance(value, Decimal128) and value.to_decimal().is_nan()):
        refuse("NaN as a value")
    if isinstance(value, int) and value not in _INT64:
        raise DataError("MongoDB stores integers of at most 64 bits")
    return value


def _decimal128(value: Decimal) -> Decimal128:
    try:
        return Decimal128(value)
    except DecimalException as error:
        raise DataError("MongoDB stores decimals of at most 34 digits") from error


def _as_base(value: Any) -> Any:
    """Return an instance of a subclass as its base, whatever methods the subclass has changed.

    bson would store a `bson.Code`, which is a str, as JavaScript.
    """
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int.__int__(value)
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, bytes):
        return bytes(memoryview(value))
    if isinstance(value, datetime.datetime):
        return datetime.datetime.combine(value.date(), value.timetz())
    refuse(f"a value of type {type(value).__name__}")


def stored(value: Any, field: models.Field | None = None) -> Any:
    """Return a value to store in a field: a scalar, or the document of djongo's JSONField.

    A stored value is data to MongoDB wherever it stands. A decimal is rounded to the field's
    places. Raises DataError for a document that BSON does not hold, and as `scalar` does.
    """
    if isinstance(value, Decimal) and isinstance(field, models.DecimalField):
        value = Decimal(str(format_number(value, field.max_digits, field.decimal_places)))
    if not isinstance(value, (dict, list)):
        return scalar(value)
    try:
        bson.encode({"": value})
    except (BSONError, OverflowError, RecursionError, ValueError) as why:
        # ValueError: bson refuses a UUID.
        raise DataError(f"{field.name if field else 'A value'} is no document: {why}") from why
    return value


def in_order(values: Iterable[Any]) -> list[Any]:
    """Return the operands of an IN in MongoDB's order of types and values, and without NULL.

    The embedded server gives documents in the order of the list where it should sort. Raises
    NotSupportedError for what is no scalar, which a subquery may have found.
    """
    return sorted((scalar(value) for value in values if value is not None), key=_order)


def _order(value: Any) -> tuple[int, Any]:
    # https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/
    if isinstance(value, Decimal128):
        return 0, value.to_decimal()
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return 0, value
    return 1 + _TYPES_IN_ORDER.index(type(value)), value


def check_not_null(field: models.Field, value: Any) -> None:
    """Raise IntegrityError for a None in a field with NOT NULL, which MongoDB does not know."""
    if value is None and not field.null and field is not field.model._meta.auto_field:
        raise IntegrityError(
            f"NOT NULL constraint failed: {field.model._meta.db_table}.{field.column}"
        )

"""Values on their way into MongoDB: data always, never an operator, a path or a document."""

import datetime
import uuid
from decimal import Decimal
from typing import Any

from bson import Decimal128, ObjectId
from django.db import DataError

from djongo_engine.errors import refuse

_SCALARS = (bool, int, float, str, bytes, datetime.datetime, Decimal128, ObjectId)
_INT64 = range(-(2**63), 2**63)


def scalar(value: Any) -> Any:
    """Return a value as MongoDB stores it; UUIDs as text of 36 characters.

    Raises NotSupportedError for a value that is no scalar: as an operand, a document or a
    list would be read as operators. Raises DataError for an integer beyond 64 bits.
    """
    if value is None:
        return None
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, Decimal):
        return Decimal128(value)
    if isinstance(value, (bytearray, memoryview)):
        return bytes(value)
    if not isinstance(value, _SCALARS):
        refuse(f"a value of type {type(value).__name__}")
    if isinstance(value, int) and value not in _INT64:
        raise DataError("MongoDB stores integers of at most 64 bits")
    return value


def stored(value: Any) -> Any:
    """Return a value to store in a field: a scalar, or the document of one of djongo's fields.

    Only `EmbeddedField`, `ArrayField` and their kin produce documents and lists, and a stored
    value is data to MongoDB wherever it stands.
    """
    return value if isinstance(value, (dict, list)) else scalar(value)

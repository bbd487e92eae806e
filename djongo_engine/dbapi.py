"""djongo's DB-API module, from which Django takes the errors and the type of bytes."""

from typing import Any

from djongo.database import (
    DatabaseError,
    DataError,
    Error,
    IntegrityError,
    InterfaceError,
    InternalError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
)

__all__ = [
    "Binary",
    "DataError",
    "DatabaseError",
    "Error",
    "IntegrityError",
    "InterfaceError",
    "InternalError",
    "NotSupportedError",
    "OperationalError",
    "ProgrammingError",
]


def Binary(value: Any) -> bytes:  # noqa: N802 (PEP 249)
    """Return the value as bytes. Raises TypeError for text, which djongo stored as text."""
    return bytes(memoryview(value))

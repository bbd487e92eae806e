"""Conversions between Python's values and MongoDB's, and the pointer to the compilers."""

import datetime
import uuid
from decimal import Decimal
from typing import Any

from bson import Decimal128
from django.db import DataError
from django.db.models.expressions import Col
from django.utils import timezone
from djongo import operations

from djongo_engine.query.datatypes import INTEGER, kind_of_field
from djongo_engine.statements import Statement, emptying, resetting


class DatabaseOperations(operations.DatabaseOperations):
    """djongo's operations, with values that come back as they went in."""

    compiler_module = "djongo_engine.query.compilers"

    def adapt_datefield_value(self, value: datetime.date | None) -> datetime.datetime | None:
        """Store a date as midnight (djongo's way warns from Python 3.12 on)."""
        return None if value is None else datetime.datetime.combine(value, datetime.time.min)

    def adapt_decimalfield_value(
        self,
        value: Decimal | None,
        max_digits: int | None = None,
        decimal_places: int | None = None,
    ) -> Decimal | None:
        """Keep all places: an operand 1.005 is not 1.00. `values.stored` rounds what is stored."""
        return value

    def integer_field_range(self, internal_type: str) -> tuple[int, int]:
        """Return the range of 64 bits, which every integer field has in MongoDB."""
        return (0 if internal_type.startswith("Positive") else -(2**63), 2**63 - 1)

    def get_db_converters(self, expression: Any) -> list[Any]:
        """Return djongo's converters, and those for UUIDs and decimals, which djongo lacks."""
        converters: list[Any] = super().get_db_converters(expression)
        kind = expression.output_field.get_internal_type()
        if kind == "UUIDField":
            converters.append(_to_uuid)
        elif kind == "DecimalField":
            converters.append(_to_decimal)
        elif not isinstance(expression, Col) and kind_of_field(expression.output_field) == INTEGER:
            converters.append(_to_integer)
        return converters

    def convert_datefield_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """Return the date that midnight stands for (djongo shifted it into a time zone)."""
        return value.date() if isinstance(value, datetime.datetime) else value

    def convert_timefield_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """Return the time of day (djongo shifted it into a time zone)."""
        return value.time() if isinstance(value, datetime.datetime) else value

    def adapt_datetimefield_value(self, value: datetime.datetime | None) -> Any:
        """Store a datetime in UTC, without the microseconds that BSON does not keep."""
        if value is None:
            return None
        if timezone.is_aware(value):
            value = timezone.make_naive(value, self.connection.timezone)
        return value.replace(microsecond=value.microsecond // 1000 * 1000)

    def sql_flush(
        self,
        style: Any,
        tables: list[str],
        *,
        reset_sequences: bool = False,
        allow_cascade: bool = False,
    ) -> list[Statement]:
        """Return what empties the collections and, if asked to, lets their ids start at 1 again."""
        statements = [emptying(table) for table in tables]
        return [*statements, resetting(tables)] if tables and reset_sequences else statements

    def start_transaction_sql(self) -> str:
        """Return nothing for `sqlflush` to print before its statements."""
        return ""

    def end_transaction_sql(self, success: bool = True) -> str:
        """Return nothing for `sqlflush` to print after its statements."""
        return ""

    def sequence_reset_by_name_sql(
        self, style: Any, sequences: list[dict[str, Any]]
    ) -> list[Statement]:
        """Return what lets the ids of these collections start at 1 again."""
        return [resetting([each["table"] for each in sequences])] if sequences else []


def _to_uuid(value: Any, expression: Any, connection: Any) -> Any:
    return uuid.UUID(value) if isinstance(value, str) else value


def _to_decimal(value: Any, expression: Any, connection: Any) -> Any:
    if isinstance(value, Decimal128):
        return value.to_decimal()
    if isinstance(value, float):
        raise _beyond_64_bits(value)
    return Decimal(value) if isinstance(value, int) else value


def _to_integer(value: Any, expression: Any, connection: Any) -> Any:
    if value is not None and not isinstance(value, int):
        raise _beyond_64_bits(value)
    return value


def _beyond_64_bits(value: Any) -> DataError:
    # MongoDB goes on with doubles there, which are not exact.
    return DataError(f"The result is no integer of MongoDB's 64 bits: {value!r}")

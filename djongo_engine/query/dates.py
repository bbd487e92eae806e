"""Parts of dates, and dates cut off to a unit."""

from collections.abc import Callable
from typing import Any

from django.db import models
from django.db.models.functions import datetime as dates

from djongo_engine.errors import refuse
from djongo_engine.query.datatypes import kind_of, kind_of_field
from djongo_engine.query.documents import Document

EXTRACTS = {
    dates.Extract,
    dates.ExtractYear,
    dates.ExtractIsoYear,
    dates.ExtractQuarter,
    dates.ExtractMonth,
    dates.ExtractDay,
    dates.ExtractWeek,
    dates.ExtractWeekDay,
    dates.ExtractIsoWeekDay,
    dates.ExtractHour,
    dates.ExtractMinute,
    dates.ExtractSecond,
}
TRUNCS = {
    dates.Trunc,
    dates.TruncYear,
    dates.TruncQuarter,
    dates.TruncMonth,
    dates.TruncWeek,
    dates.TruncDay,
    dates.TruncDate,
    dates.TruncHour,
    dates.TruncMinute,
    dates.TruncSecond,
}
_PARTS = {
    "year": "$year",
    "iso_year": "$isoWeekYear",
    "month": "$month",
    "day": "$dayOfMonth",
    "week": "$isoWeek",
    "week_day": "$dayOfWeek",
    "iso_week_day": "$isoDayOfWeek",
    "hour": "$hour",
    "minute": "$minute",
    "second": "$second",
}
_UNITS = {"year", "quarter", "month", "week", "day", "hour", "minute", "second"}


def extract(expression: dates.Extract, value: Callable[[Any], Any]) -> Document:
    """Return one of EXTRACTS as an aggregation expression; `value` translates its argument.

    Raises NotSupportedError.
    """
    part = expression.lookup_name
    if part == "quarter":
        return {"$toInt": {"$ceil": {"$divide": [{"$month": _moment(expression, value)}, 3]}}}
    if part not in _PARTS:
        refuse(f"the part {part} of a date")
    return {_PARTS[part]: _moment(expression, value)}


def trunc(expression: dates.TruncBase, value: Callable[[Any], Any]) -> Document:
    """Return one of TRUNCS as an aggregation expression; `value` translates its argument.

    Raises NotSupportedError.
    """
    kind, source = expression.kind, expression.lhs.output_field
    unit = "day" if kind == "date" else kind
    if unit not in _UNITS or (kind != "date" and kind_of_field(source) != kind_of(expression)):
        refuse(f"a Trunc to the {unit} of a {type(source).__name__}")
    date = _moment(expression, value)
    return {"$dateTrunc": {"date": date, "unit": unit, "startOfWeek": "monday"}}


def _moment(expression: Any, value: Callable[[Any], Any]) -> Any:
    """Return the value whose parts are asked for. MongoDB takes them in UTC."""
    (source,) = expression.get_source_expressions()
    if isinstance(source.output_field, models.DateTimeField):
        if expression.get_tzname() not in (None, "UTC"):
            refuse("parts of a datetime in another time zone than UTC")
    elif not isinstance(source.output_field, (models.DateField, models.TimeField)):
        refuse(f"parts of a {type(source.output_field).__name__}")
    return value(source)

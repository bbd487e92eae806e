"""Django's expressions as MongoDB aggregation expressions."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.db import models
from django.db.models import expressions, functions
from django.db.models.functions import datetime as dates
from django.db.models.functions.text import ConcatPair
from django.db.models.lookups import Lookup
from django.db.models.sql.where import WhereNode

from djongo_engine.errors import refuse
from djongo_engine.query.datatypes import (
    NUMBERS,
    REFERENCES,
    TEXT,
    kind_of,
    kind_of_field,
)
from djongo_engine.values import scalar

Document = dict[str, Any]

JOINED = "__joined_"
"""Prefix of the field that holds the document joined under an alias."""

_ARITHMETIC = {"+": "$add", "-": "$subtract", "*": "$multiply"}

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
_EXTRACTS = {
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
_TRUNCS = {
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
_UNITS = {"year", "quarter", "month", "week", "day", "hour", "minute", "second"}
_CONDITIONS = (WhereNode, Lookup, expressions.Exists, expressions.NegatedExpression)


def walk(expression: Any) -> Iterator[Any]:
    """Yield an expression and everything inside it."""
    yield expression
    for source in expression.get_source_expressions():
        if source is not None:
            yield from walk(source)


def is_condition(expression: Any) -> bool:
    """Tell whether an expression is a condition, which is true, false or NULL."""
    while type(expression) is expressions.ExpressionWrapper:
        expression = expression.expression
    return isinstance(expression, _CONDITIONS)


def is_null(value: Any) -> Document:
    """Return an expression: true when `value` is null or missing, which sort below all else."""
    return {"$lte": [value, None]}


class Translator:
    """Translates the expressions of one query.

    `fields` maps an expression that a pipeline stage has computed to the field that holds it,
    `refs` the alias of a subquery's column. Once the documents are grouped, nothing else can
    be read.
    """

    def __init__(self, compiler: Any, base_alias: str, joined: Iterable[str]) -> None:
        """Know the aliases that a column may come from: the base's and those joined."""
        self.compiler = compiler
        self.connection = compiler.connection
        self.base_alias = base_alias
        self.joined = frozenset(joined)
        self.fields: dict[Any, str] = {}
        self.refs: dict[str, str] = {}
        self.grouped = False

    def path(self, expression: Any) -> str | None:
        """Return the path of the field that holds an expression, or None if none does.

        Raises NotSupportedError for a column that these documents do not have.
        """
        if self.fields and (name := self.fields.get(expression)):
            return name
        kind = type(expression)
        if kind is expressions.Col:
            return self._column(expression)
        if kind in REFERENCES:
            return self.refs.get(expression.refs) or self.path(expression.source)
        if kind is expressions.ExpressionWrapper:
            return self.path(expression.expression)
        return None

    def _column(self, col: expressions.Col) -> str:
        column: Any = col.target.column
        if self.grouped:
            refuse(f"the column {column!r} outside of the GROUP BY")
        if "." in column or column.startswith("$"):
            refuse(f"a column named {column!r}")
        if col.alias is None or col.alias == self.base_alias:
            return str(column)
        if col.alias in self.joined:
            return f"{JOINED}{col.alias}.{column}"
        refuse(f"the column {column!r} of an outer query")

    def value(self, expression: Any) -> Any:
        """Return the aggregation expression for a Django expression.

        Raises NotSupportedError for an expression without a proven translation.
        """
        if path := self.path(expression):
            return f"${path}"
        kind = type(expression)
        if kind in REFERENCES:
            return self.value(expression.source)
        if kind is expressions.ExpressionWrapper:
            return self.value(expression.expression)
        if kind is expressions.Value:
            return {"$literal": self.constant(expression)}
        if is_condition(expression):
            true, false = self.test(expression)
            return {"$cond": [true, True, {"$cond": [false, False, None]}]}
        kind_of(expression)
        if kind is expressions.Case:
            return self._case(expression)
        if kind is expressions.CombinedExpression:
            self._require(NUMBERS, expression, "arithmetic")
            operator = _ARITHMETIC.get(expression.connector)
            if operator is None:
                refuse(f"the operator {expression.connector}")
            return {operator: [self.value(expression.lhs), self.value(expression.rhs)]}
        if kind in _EXTRACTS:
            return self._extract(expression)
        if kind in _TRUNCS:
            return self._trunc(expression)
        if make := _FUNCTIONS.get(kind):
            return make(self, expression)
        refuse(f"the expression {kind.__name__}")

    def test(self, condition: Any) -> tuple[Any, Any]:
        """Return two expressions: whether a condition is true, and whether it is false."""
        # A condition holds expressions, and a CASE conditions: the modules need each other.
        from djongo_engine.query.conditions import Conditions

        return Conditions(self.compiler, self, computed=True).test(condition)

    def sources(self, expression: Any) -> list[Any]:
        """Return the values of the arguments of a function."""
        return [self.value(source) for source in expression.get_source_expressions()]

    @staticmethod
    def _require(kinds: set[Any], expression: Any, what: str) -> None:
        for source in expression.get_source_expressions():
            if (kind := kind_of(source)) not in kinds and kind is not None:
                refuse(f"{what} of a {type(source.output_field).__name__}")

    def _case(self, case: expressions.Case) -> Any:
        default = self.value(case.default)
        if not case.cases:
            return default
        if any(type(when) is not expressions.When for when in case.cases):
            refuse("an unknown When()")
        branches = [
            {"case": self.test(when.condition)[0], "then": self.value(when.result)}
            for when in case.cases
        ]
        return {"$switch": {"branches": branches, "default": default}}

    def _moment(self, expression: Any) -> Any:
        """Return the value whose parts are asked for. MongoDB takes them in UTC."""
        (source,) = expression.get_source_expressions()
        if isinstance(source.output_field, models.DateTimeField):
            if expression.get_tzname() not in (None, "UTC"):
                refuse("parts of a datetime in another time zone than UTC")
        elif not isinstance(source.output_field, (models.DateField, models.TimeField)):
            refuse(f"parts of a {type(source.output_field).__name__}")
        return self.value(source)

    def _extract(self, extract: dates.Extract) -> Any:
        if extract.lookup_name == "quarter":
            return {"$toInt": {"$ceil": {"$divide": [{"$month": self._moment(extract)}, 3]}}}
        operator = _PARTS.get(extract.lookup_name)
        if operator is None:
            refuse(f"the part {extract.lookup_name} of a date")
        return {operator: self._moment(extract)}

    def _trunc(self, trunc: dates.TruncBase) -> Any:
        unit = "day" if trunc.kind == "date" else trunc.kind
        source = trunc.lhs.output_field
        if unit not in _UNITS or (trunc.kind != "date" and kind_of_field(source) != kind_of(trunc)):
            refuse(f"a Trunc to the {unit} of a {type(source).__name__}")
        return {"$dateTrunc": {"date": self._moment(trunc), "unit": unit, "startOfWeek": "monday"}}

    def _abs(self, function: functions.Abs) -> Document:
        self._require(NUMBERS, function, "Abs")
        return {"$abs": self.sources(function)[0]}

    def _length(self, function: functions.Length) -> Document:
        self._require({TEXT}, function, "Length")
        (text,) = self.sources(function)
        return {"$cond": [is_null(text), None, {"$strLenCP": text}]}

    def _concat(self, pair: ConcatPair) -> Document:
        self._require({TEXT}, pair, "Concat")
        # Django's Concat takes NULL for an empty text.
        return {"$concat": [{"$ifNull": [text, ""]} for text in self.sources(pair)]}

    def constant(self, value: expressions.Value) -> Any:
        """Return what a Value stores, converted by its field as Django does."""
        field = value._output_field_or_none
        if field is None:
            return scalar(value.value)
        convert = field.get_db_prep_save if value.for_save else field.get_db_prep_value
        return scalar(convert(value.value, connection=self.connection))


_FUNCTIONS: dict[type, Callable[[Translator, Any], Any]] = {
    functions.Coalesce: lambda self, coalesce: {"$ifNull": self.sources(coalesce)},
    functions.Abs: Translator._abs,
    functions.Length: Translator._length,
    functions.Concat: lambda self, concat: self.value(concat.get_source_expressions()[0]),
    ConcatPair: Translator._concat,
}

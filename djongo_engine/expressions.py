"""Django's expressions as MongoDB aggregation expressions."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.db import models
from django.db.models import aggregates, expressions
from django.db.models.functions import Coalesce

from djongo_engine.errors import refuse
from djongo_engine.values import scalar

Document = dict[str, Any]

JOINED = "__joined_"
"""Prefix of the field that holds the document joined under an alias."""

_ARITHMETIC = {"+": "$add", "-": "$subtract", "*": "$multiply"}
_NUMERIC = (models.IntegerField, models.FloatField, models.DecimalField)


def walk(expression: Any) -> Iterator[Any]:
    """Yield an expression and everything inside it."""
    yield expression
    for source in expression.get_source_expressions():
        if source is not None:
            yield from walk(source)


def is_null(value: Any) -> Document:
    """Return an expression: true when `value` is null or missing, which sort below all else."""
    return {"$lte": [value, None]}


class Translator:
    """Translates the expressions of one query.

    `fields` maps an expression that a pipeline stage has computed to the field that holds it,
    `refs` the alias of a subquery's column. Once the documents are grouped, nothing else can
    be read.
    """

    def __init__(self, connection: Any, base_alias: str, joined: Iterable[str]) -> None:
        """Know the aliases that a column may come from: the base's and those joined."""
        self.connection = connection
        self.base_alias = base_alias
        self.joined = frozenset(joined)
        self.fields: dict[Any, str] = {}
        self.refs: dict[str, str] = {}
        self.grouped = False

    def path(self, expression: Any) -> str | None:
        """Return the path of the field that holds an expression, or None if none does.

        Raises NotSupportedError for a column that these documents do not have.
        """
        if name := self.fields.get(expression):
            return name
        kind = type(expression)
        if kind is expressions.Col:
            return self._column(expression)
        if isinstance(expression, expressions.Ref):
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
        if isinstance(expression, expressions.Ref):
            return self.value(expression.source)
        if kind is expressions.ExpressionWrapper:
            return self.value(expression.expression)
        if kind is expressions.Value:
            return {"$literal": self.constant(expression)}
        if kind is Coalesce:
            return {"$ifNull": [self.value(source) for source in expression.source_expressions]}
        if kind is expressions.CombinedExpression and expression.connector in _ARITHMETIC:
            return self._arithmetic(expression)
        refuse(f"the expression {kind.__name__}")

    def _arithmetic(self, expression: expressions.CombinedExpression) -> Document:
        for side in (expression.lhs, expression.rhs):
            if not isinstance(side.output_field, _NUMERIC):
                refuse(f"arithmetic on a {type(side.output_field).__name__}")
        operator = _ARITHMETIC[expression.connector]
        return {operator: [self.value(expression.lhs), self.value(expression.rhs)]}

    def constant(self, value: expressions.Value) -> Any:
        """Return what a Value stores, converted by its field as Django does."""
        field = value._output_field_or_none
        if field is None:
            return scalar(value.value)
        convert = field.get_db_prep_save if value.for_save else field.get_db_prep_value
        return scalar(convert(value.value, connection=self.connection))


class Accumulators:
    """The `$group` accumulators for the aggregates of a query, with SQL's rules for NULL."""

    def __init__(self, translator: Translator) -> None:
        """Start with no accumulator."""
        self.translator = translator
        self.group: Document = {}
        self.final: Document = {}

    def add(self, aggregate: Any) -> str:
        """Add an aggregate; return the name of the field that holds its final value."""
        kind = type(aggregate)
        make = _AGGREGATES.get(kind)
        if make is None:
            refuse(f"the aggregate {kind.__name__}")
        if aggregate.filter is not None:
            refuse("an aggregate with a filter")
        if getattr(aggregate, "order_by", None):
            refuse("an aggregate with an order")
        (source,) = (s for s in aggregate.get_source_expressions() if s is not None)
        name = f"a{len(self.final)}"
        if isinstance(source, expressions.Star):
            if kind is not aggregates.Count or aggregate.distinct:
                refuse(f"{kind.__name__}('*')")
            self.group[name] = {"$sum": 1}
            self.final[name] = f"${name}"
            return name
        if kind in (aggregates.Sum, aggregates.Avg) and not isinstance(
            source.output_field, _NUMERIC
        ):
            refuse(f"{kind.__name__} of a {type(source.output_field).__name__}")
        value = self.translator.value(source)
        if aggregate.distinct:
            self.group[name] = {"$addToSet": value}
            self.final[name] = make({"$setDifference": [f"${name}", [None]]})
        else:
            # Pushing every value would hold the group in memory, so each has its accumulator.
            _ACCUMULATE[kind](self, name, value)
        return name

    def _count(self, name: str, value: Any) -> None:
        self.group[name] = {"$sum": {"$cond": [is_null(value), 0, 1]}}
        self.final[name] = f"${name}"

    def _sum(self, name: str, value: Any) -> None:
        self.group[name] = {"$sum": value}
        self.group[f"{name}n"] = {"$sum": {"$cond": [is_null(value), 0, 1]}}
        self.final[name] = {"$cond": [{"$eq": [f"${name}n", 0]}, None, f"${name}"]}

    def _plain(self, operator: str) -> Callable[[str, Any], None]:
        def accumulate(name: str, value: Any) -> None:
            self.group[name] = {operator: value}
            self.final[name] = f"${name}"

        return accumulate


def _of_set(operator: str) -> Callable[[Any], Document]:
    def make(values: Any) -> Document:
        return {"$cond": [{"$eq": [{"$size": values}, 0]}, None, {operator: values}]}

    return make


# The final value of a DISTINCT aggregate, from the set of its values without null.
_AGGREGATES: dict[type, Callable[[Any], Document]] = {
    aggregates.Count: lambda values: {"$size": values},
    aggregates.Sum: _of_set("$sum"),
    aggregates.Avg: _of_set("$avg"),
    aggregates.Min: _of_set("$min"),
    aggregates.Max: _of_set("$max"),
}
_ACCUMULATE: dict[type, Callable[[Accumulators, str, Any], None]] = {
    aggregates.Count: Accumulators._count,
    aggregates.Sum: Accumulators._sum,
    aggregates.Avg: lambda self, name, value: self._plain("$avg")(name, value),
    aggregates.Min: lambda self, name, value: self._plain("$min")(name, value),
    aggregates.Max: lambda self, name, value: self._plain("$max")(name, value),
}

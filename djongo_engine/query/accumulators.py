"""Django's aggregates as the accumulators of a `$group` stage."""

from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import aggregates, expressions

from djongo_engine.errors import refuse
from djongo_engine.query.datatypes import NUMBERS, kind_of, refuse_order_of_binary
from djongo_engine.query.documents import Document, is_null
from djongo_engine.query.expressions import ExpressionTranslator


class Accumulators:
    """The `$group` accumulators for the aggregates of a query, with SQL's rules for NULL."""

    def __init__(self, translator: ExpressionTranslator) -> None:
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
        (source,) = aggregate.source_expressions
        name = f"a{len(self.final)}"
        if isinstance(source, expressions.Star):
            if kind is not aggregates.Count or aggregate.distinct:
                refuse(f"{kind.__name__}('*')")
            self.group[name] = {"$sum": 1}
            self.final[name] = f"${name}"
            return name
        if kind in (aggregates.Sum, aggregates.Avg) and kind_of(source) not in NUMBERS:
            refuse(f"{kind.__name__} of a {type(source.output_field).__name__}")
        if kind in (aggregates.Min, aggregates.Max):
            refuse_order_of_binary(source)
        value = self.translator.value(source)
        if aggregate.filter is not None:
            value = {"$cond": [self.translator.test(aggregate.filter)[0], value, None]}
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
        self._of_total(name, value, {"$cond": [is_null(value), 0, 1]}, f"${name}")

    def _average(self, name: str, value: Any) -> None:
        # Not `$avg`: SecantusDB's Rust server refuses it for integers beyond 2**53. Like that it
        # passes over what is no number.
        mean = {"$divide": [f"${name}", f"${name}n"]}
        self._of_total(name, value, {"$cond": [{"$isNumber": value}, 1, 0]}, mean)

    def _of_total(self, name: str, value: Any, counts: Any, final: Any) -> None:
        self.group[name] = {"$sum": value}
        self.group[f"{name}n"] = {"$sum": counts}
        self.final[name] = {"$cond": [{"$eq": [f"${name}n", 0]}, None, final]}

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
    aggregates.Avg: Accumulators._average,
    aggregates.Min: lambda self, name, value: self._plain("$min")(name, value),
    aggregates.Max: lambda self, name, value: self._plain("$max")(name, value),
}


def empty_row(expressions: Iterable[Any]) -> tuple[Any, ...]:
    """Return what aggregates of no document are. Raises NotSupportedError if Django cannot tell."""
    values = [expression.empty_result_set_value for expression in expressions]
    if NotImplemented in values:
        refuse("an expression of an aggregate that may have nothing to aggregate")
    return tuple(values)

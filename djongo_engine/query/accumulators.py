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
        self.empty: Document = {}

    def add(self, aggregate: Any) -> str:
        """Add an aggregate; return the name of the field that holds its final value."""
        kind = type(aggregate)
        make = _OF_SET.get(kind)
        if make is None:
            refuse(f"the aggregate {kind.__name__}")
        (source,) = aggregate.source_expressions
        name = f"a{len(self.final)}"
        self.empty[name] = aggregate.empty_result_set_value
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
            # Not `$push`, which would hold all values of the group in memory.
            _ACCUMULATE[kind](self, name, value)
        return name

    def stages(self, keys: Document) -> list[Document]:
        """Return the stages that group by `keys`, and show keys and final values by their names."""
        shown = {name: f"$_id.{name}" for name in keys}
        return [
            {"$group": {"_id": keys or None, **self.group}},
            {"$project": {"_id": False, **shown, **self.final}},
        ]

    def stages_of_nothing(self) -> list[Document]:
        """Return the stages that make the document of a group of nothing, where there is none."""
        group = {"$ifNull": [{"$arrayElemAt": ["$groups", 0]}, self.empty]}
        return [
            {"$facet": {"groups": [{"$match": {}}]}},
            {"$replaceRoot": {"newRoot": group}},
        ]


def _count(accumulators: Accumulators, name: str, value: Any) -> None:
    accumulators.group[name] = {"$sum": {"$cond": [is_null(value), 0, 1]}}
    accumulators.final[name] = f"${name}"


def _sum(accumulators: Accumulators, name: str, value: Any) -> None:
    _total(accumulators, name, value, {"$cond": [is_null(value), 0, 1]}, f"${name}")


def _average(accumulators: Accumulators, name: str, value: Any) -> None:
    # Not `$avg`: SecantusDB's Rust server refuses it for integers beyond 2**53. `$isNumber`, since
    # `$avg` passes over what is no number.
    # A server may compute the mean for a count of 0 too: that divides by null, which gives null.
    count = {"$cond": [{"$eq": [f"${name}n", 0]}, None, f"${name}n"]}
    mean = {"$divide": [f"${name}", count]}
    _total(accumulators, name, value, {"$cond": [{"$isNumber": value}, 1, 0]}, mean)


def _total(accumulators: Accumulators, name: str, value: Any, counts: Any, final: Any) -> None:
    """Add a sum and the number of its values; the final value is NULL where there is none."""
    accumulators.group[name] = {"$sum": value}
    accumulators.group[f"{name}n"] = {"$sum": counts}
    accumulators.final[name] = {"$cond": [{"$eq": [f"${name}n", 0]}, None, final]}


def _plain(operator: str) -> Callable[[Accumulators, str, Any], None]:
    def accumulate(accumulators: Accumulators, name: str, value: Any) -> None:
        accumulators.group[name] = {operator: value}
        accumulators.final[name] = f"${name}"

    return accumulate


def _of_set(operator: str) -> Callable[[Any], Document]:
    def make(values: Any) -> Document:
        return {"$cond": [{"$eq": [{"$size": values}, 0]}, None, {operator: values}]}

    return make


# The final value of a DISTINCT aggregate, from the set of its values without null.
_OF_SET: dict[type, Callable[[Any], Document]] = {
    aggregates.Count: lambda values: {"$size": values},
    aggregates.Sum: _of_set("$sum"),
    aggregates.Avg: _of_set("$avg"),
    aggregates.Min: _of_set("$min"),
    aggregates.Max: _of_set("$max"),
}
_ACCUMULATE: dict[type, Callable[[Accumulators, str, Any], None]] = {
    aggregates.Count: _count,
    aggregates.Sum: _sum,
    aggregates.Avg: _average,
    aggregates.Min: _plain("$min"),
    aggregates.Max: _plain("$max"),
}


def empty_row(expressions: Iterable[Any]) -> tuple[Any, ...] | None:
    """Return what aggregates of no document are, None if Django cannot tell."""
    values = [expression.empty_result_set_value for expression in expressions]
    return None if NotImplemented in values else tuple(values)

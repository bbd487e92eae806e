"""By what a query groups its documents, and what it asks of each group."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models.aggregates import Aggregate
from django.db.models.expressions import Ref

from djongo_engine.query.identity import key


def is_grouped(query: Any, selected: Iterable[Any]) -> bool:
    """Tell whether a query groups its documents, by columns or all into one group."""
    return query.group_by is not None or any(each.contains_aggregate for each in selected)


def columns_of(query: Any, selected: Iterable[Any], order_by: list[Any], having: Any) -> list[Any]:
    """Return the expressions to group by, each once; none where all is one group."""
    columns: list[Any] = []
    if query.group_by is None:
        return columns
    named: set[Any] = set()
    if isinstance(query.group_by, tuple):
        named = {key(each.source) for each in query.group_by if isinstance(each, Ref)}
        columns += [each.source if isinstance(each, Ref) else each for each in query.group_by]
    for expression in selected:
        # A subquery gives the columns that it reads: those would split its groups.
        if key(expression) not in named:
            columns += expression.get_group_by_cols()
    for order, (_, _, is_ref) in order_by:
        columns += [] if is_ref else order.get_group_by_cols()
    if having is not None:
        columns += having.get_group_by_cols()
    return _once(columns)


def aggregates_of(places: Iterable[Any], having: Any = None) -> list[Aggregate]:
    """Return the aggregates in these expressions and in a HAVING, each once."""
    conditions = [] if having is None else having.get_source_expressions()
    return _once(each for place in (*places, *conditions) for each in _aggregates_in(place))


def _aggregates_in(expression: Any) -> Iterator[Aggregate]:
    # What an aggregate over a subquery holds inside are the subquery's own aggregates.
    if isinstance(expression, Aggregate):
        yield expression
    else:
        for source in expression.get_source_expressions():
            if source is not None:
                yield from _aggregates_in(source)


def _once(expressions: Iterable[Any]) -> list[Any]:
    return list({key(each): each for each in expressions}.values())

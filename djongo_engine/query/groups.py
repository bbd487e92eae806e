"""By what a query groups its documents, and what it asks of each group."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models.aggregates import Aggregate
from django.db.models.expressions import Ref


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
        named = {each.source for each in query.group_by if isinstance(each, Ref)}
        columns += [each.source if isinstance(each, Ref) else each for each in query.group_by]
    for expression in selected:
        # A subquery gives the columns that it reads: those would split its groups.
        if expression not in named:
            columns += expression.get_group_by_cols()
    for order, (_, _, is_ref) in order_by:
        columns += [] if is_ref else order.get_group_by_cols()
    if having is not None:
        columns += having.get_group_by_cols()
    return list(dict.fromkeys(columns))


def aggregates_of(places: Iterable[Any], having: Any) -> list[Aggregate]:
    """Return the aggregates in these expressions and in a HAVING, each once."""
    conditions = [] if having is None else having.get_source_expressions()
    found = (e for place in (*places, *conditions) for e in _walk(place))
    return list(dict.fromkeys(e for e in found if isinstance(e, Aggregate)))


def _walk(expression: Any) -> Iterator[Any]:
    """Yield an expression and everything inside it, conditions too, which `flatten()` passes by."""
    yield expression
    for source in expression.get_source_expressions():
        if source is not None:
            yield from _walk(source)

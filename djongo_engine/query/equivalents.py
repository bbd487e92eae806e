"""Lookups that say the same as others, and are translated as those."""

from typing import Any

from django.db.models import lookups
from django.db.models.expressions import ExpressionList
from django.db.models.fields.tuple_lookups import TupleIn
from django.db.models.sql.where import AND, OR, WhereNode

from djongo_engine.errors import refuse
from djongo_engine.query.lookups import MEMBERSHIPS


def equivalent(lookup: Any) -> Any:
    """Return the condition to translate in place of a lookup, None if it is translated as it is.

    Raises NotSupportedError for an IN over several columns.
    """
    if type(lookup) is TupleIn:
        return _in_one_column(lookup)
    if not isinstance(lookup.rhs, ExpressionList):
        return None
    values = lookup.rhs.get_source_expressions()
    if type(lookup) in MEMBERSHIPS:
        return WhereNode([lookups.Exact(lookup.lhs, value) for value in values], OR)
    if type(lookup) is lookups.Range:
        low, high = values
        bounds = [
            lookups.GreaterThanOrEqual(lookup.lhs, low),
            lookups.LessThanOrEqual(lookup.lhs, high),
        ]
        return WhereNode(bounds, AND)
    return None


def _in_one_column(lookup: TupleIn) -> lookups.In:
    # So `prefetch_related()` asks for what foreign keys point to.
    if len(lookup.lhs) != 1 or not lookup.rhs_is_direct_value():
        refuse("IN over several columns")
    (column,) = lookup.lhs
    return lookups.In(column, [value for (value,) in lookup.rhs])

"""What `bulk_update()` asks: a CASE without ELSE, which has a value for each row all the same."""

from typing import Any

from django.db.models.expressions import Case, Col
from django.db.models.sql.where import AND, WhereNode

from djongo_engine.query.datatypes import may_be_null
from djongo_engine.query.lookups import EQUALITIES, MEMBERSHIPS


def has_value_for_all(case: Any, where: WhereNode) -> bool:
    """Tell whether `CASE WHEN pk = 1 THEN … END` has a value for all of `WHERE pk IN (1, …)`.

    It has one if the CASE asks for every key of the list, and no result may be NULL.
    """
    if type(case) is not Case or where.connector != AND or where.negated:
        return False
    if any(may_be_null(when.result) for when in case.cases):
        return False
    asked = {_key_asked_for(when.condition) for when in case.cases}
    return any(
        _is_of_key(child, MEMBERSHIPS)
        and all(value in asked for value in child.rhs if value is not None)
        for child in where.children
    )


def _key_asked_for(condition: Any) -> Any:
    """Return the value of a condition that is nothing but `pk = value`, else None."""
    if type(condition) is not WhereNode or condition.negated or len(condition.children) != 1:
        return None
    (child,) = condition.children
    return child.rhs if _is_of_key(child, EQUALITIES) else None


def _is_of_key(lookup: Any, kinds: set[type]) -> bool:
    is_key = type(lookup) in kinds and type(lookup.lhs) is Col and lookup.lhs.target.primary_key
    return is_key and lookup.rhs_is_direct_value()

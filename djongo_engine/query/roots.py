"""From which collection a query with joins starts.

The pipeline reads the collection that it starts from by an index, or whole, and looks the others
up. So a query starts where its strongest condition is. It starts from a joined table only where
each step back to the base table is an INNER JOIN, and by a column that has an index.
"""

from collections.abc import Iterator
from typing import Any

from django.db.models import lookups
from django.db.models.expressions import Col
from django.db.models.sql import Query
from django.db.models.sql.datastructures import Join
from django.db.models.sql.where import AND, WhereNode

from djongo_engine.query.joins import is_inner

NONE, SOME, EQUAL, UNIQUE = range(4)
"""How few documents a condition leaves, by its form: of no condition, of a range and the like,
of an equality, of the equality of a unique column."""


def conjuncts(where: Any) -> Iterator[Any]:
    """Yield the conditions that must all hold in a WHERE tree."""
    if type(where) is WhereNode and where.connector == AND and not where.negated:
        for child in where.children:
            yield from conjuncts(child)
    elif where is not None:
        yield where


def chain_to_root(base: str, joins: list[Join], where: Any, *, limited: bool) -> list[Join]:
    """Return the joins between the base table and the table to start from, that table's first.

    The list is empty where the query starts from its base table. `limited` says that few rows are
    asked for: then a weak condition elsewhere is not worth to read all that it leaves.
    """
    strengths: dict[str, int] = {}
    for condition in conjuncts(where):
        if alias := _alias_of(condition):
            strengths[alias] = max(_strength(condition), strengths.get(alias, NONE))
    best, chain = max(strengths.get(base, NONE), SOME if limited else NONE), []
    by_alias = {join.table_alias: join for join in joins}
    for join in joins:
        strength = strengths.get(join.table_alias, NONE)
        if strength > best and (found := _chain(join, by_alias)):
            best, chain = strength, found
    return chain


def _alias_of(condition: Any) -> str | None:
    """Return the alias of the column that a condition compares with values alone."""
    if not isinstance(condition, lookups.Lookup) or type(condition.lhs) is not Col:
        return None
    values = condition.rhs_is_direct_value() or isinstance(condition.rhs, Query)
    alias: str = condition.lhs.alias
    return alias if values else None


def _strength(condition: Any) -> int:
    if condition.lookup_name not in ("exact", "in"):
        return SOME
    return UNIQUE if condition.lhs.target.unique else EQUAL


def _chain(join: Join, by_alias: dict[str, Join]) -> list[Join]:
    """Return the joins from this one back to the base table, or nothing where one forbids it."""
    chain = []
    step: Join | None = join
    while step is not None:
        ((local, _),) = step.join_fields
        if not is_inner(step) or not (local.unique or local.db_index):
            return []
        chain.append(step)
        step = by_alias.get(step.parent_alias)
    return chain

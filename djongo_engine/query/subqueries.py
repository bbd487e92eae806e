"""Subqueries of conditions. Each runs first, as a query of its own.

One that reads a column of the outer query is refused, but for the link of an EXISTS.
"""

from typing import Any

from django.db.models.expressions import Col
from django.db.models.sql import Query
from django.db.models.sql.where import AND, WhereNode

from djongo_engine.errors import refuse
from djongo_engine.query.datatypes import common
from djongo_engine.query.lookups import EQUALITIES


def column(lookup: Any, compiler: Any) -> list[Any]:
    """Return the values of `IN (SELECT …)`.

    Raises ValueError for a subquery of another database, NotSupportedError.
    """
    # Compiles nothing here: Django looks whether the subquery is of this database.
    lookup.process_rhs(compiler, compiler.connection)
    return _column_of(lookup.rhs, lookup.lhs, compiler.connection)


def linked(query: Query, connection: Any) -> bool | tuple[Col, list[Any]]:
    """Return the outer column of `EXISTS (… WHERE inner = outer AND rest)` and the inner values.

    Of an EXISTS without such a link, return whether there is a row. Raises NotSupportedError.
    """
    query = query.clone()
    where = query.where
    links = []
    if type(where) is WhereNode and where.connector == AND and not where.negated:
        links = [child for child in where.children if _outer_and_inner(child, query)]
    if not links:
        return any(query.get_compiler(connection=connection).execute_sql())
    if len(links) > 1 or query.group_by is not None or query.low_mark or query.combinator:
        refuse("an EXISTS with more than one link to the outer query, groups or an offset")
    outer, inner = _outer_and_inner(links[0], query)
    query.where = WhereNode([child for child in where.children if child is not links[0]])
    query.clear_limits()
    query.clear_select_clause()
    query.select = (inner,)
    return outer, _column_of(query, outer, connection)


def _column_of(query: Query, outer: Any, connection: Any) -> list[Any]:
    """Return the one column that a query selects, which `outer` is to be compared with."""
    if type(query) is not Query:
        refuse(f"a subquery of the class {type(query).__name__}")
    compiler = query.get_compiler(connection=connection)
    rows = [row[0] for chunk in compiler.execute_sql() for row in chunk]
    common([outer, compiler.select[0][0]])
    return rows


def _outer_and_inner(node: Any, query: Query) -> tuple[Col, Col] | None:
    """Return the columns of a link `inner = outer` in a subquery, else None."""
    if type(node) not in EQUALITIES:
        return None
    if type(node.lhs) is not Col or type(node.rhs) is not Col:
        return None
    inner, outer = sorted((node.lhs, node.rhs), key=lambda col: col.alias not in query.alias_map)
    is_link = inner.alias in query.alias_map and outer.alias not in query.alias_map
    return (outer, inner) if is_link else None

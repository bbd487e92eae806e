"""Subqueries of conditions. Each runs first, as a query of its own.

One that reads a column of the outer query is refused, but for the link of an EXISTS.
"""

from collections.abc import Iterable
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
    return [row[0] for row in _rows_of(lookup.rhs, [lookup.lhs], compiler.connection)]


def linked(query: Query, connection: Any) -> bool | tuple[list[Col], list[tuple[Any, ...]]]:
    """Return the outer columns of `EXISTS (… WHERE inner = outer AND rest)` and the inner values.

    Of an EXISTS without such a link, return whether there is a row. Raises NotSupportedError.
    """
    query = query.clone()
    where = query.where
    links = {}
    if type(where) is WhereNode and where.connector == AND and not where.negated:
        sides = [(child, _outer_and_inner(child, query)) for child in where.children]
        links = {id(child): columns for child, columns in sides if columns}
    if not links:
        return any(query.get_compiler(connection=connection).execute_sql())
    if query.group_by is not None or query.low_mark or query.combinator:
        refuse("an EXISTS with a link to the outer query and with groups or an offset")
    query.where = WhereNode([child for child in where.children if id(child) not in links])
    query.clear_limits()
    query.clear_select_clause()
    outer, query.select = zip(*links.values(), strict=True)
    return list(outer), _rows_of(query, outer, connection)


def _rows_of(query: Query, outer: Iterable[Any], connection: Any) -> list[tuple[Any, ...]]:
    """Return the rows of a query whose columns are to be compared with those of `outer`."""
    if type(query) is not Query:
        refuse(f"a subquery of the class {type(query).__name__}")
    compiler = query.get_compiler(connection=connection)
    rows = [row for chunk in compiler.execute_sql() for row in chunk]
    for column, (selected, _, _) in zip(outer, compiler.select, strict=False):
        common([column, selected])
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

"""The joins of a query, each as the stages of a pipeline that look its documents up."""

from typing import Any

from bson import MinKey
from django.db.models.sql.constants import INNER
from django.db.models.sql.datastructures import BaseTable, Join

from djongo_engine.errors import refuse
from djongo_engine.query.documents import JOINED, Document


def tables_of(query: Any) -> tuple[BaseTable, list[Join]]:
    """Return the table that a query is based on, the first that it refers to, and its joins.

    That is not `query.base_table`, to which the subquery of an `exclude()` over a relation does not
    refer. Raises NotSupportedError for a second base table and for a join on more than equality of
    one column with another.
    """
    tables = [table for alias, table in query.alias_map.items() if query.alias_refcount[alias]]
    base, *joins = tables
    if not all(isinstance(table, Join) for table in joins) or isinstance(base, Join):
        refuse("a second base table")
    for join in joins:
        _refuse_unknown(join)
    return base, joins


def _refuse_unknown(join: Join) -> None:
    if join.filtered_relation is not None:
        refuse("a FilteredRelation")
    if join.join_field.get_extra_restriction(join.table_alias, join.parent_alias):
        refuse("a join with an extra condition")
    if len(join.join_fields) != 1:
        refuse("a join on several columns")


def is_inner(join: Join) -> bool:
    """Tell whether rows without a partner are left out."""
    return bool(join.join_type == INNER)


def is_single(join: Join) -> bool:
    """Tell whether a row has one partner at most."""
    ((_, foreign),) = join.join_fields
    return bool(foreign.unique)


def looked_up(join: Join, parent: str, *, keep: bool) -> list[Document]:
    """Return the stages that put the documents of a join's table into its field.

    `parent` is the prefix of the paths to the parent's columns. Documents without a partner stay
    if `keep`.
    """
    ((local, foreign),) = join.join_fields
    return _stages(
        parent + local.column, join.table_name, foreign.column, join.table_alias, keep=keep
    )


def looked_back(join: Join, parent_table: str, child: str) -> list[Document]:
    """Return the stages that put the documents of a join's parent into the parent's field.

    `child` is the prefix of the paths to the columns of the join's own table.
    """
    ((local, foreign),) = join.join_fields
    return _stages(
        child + foreign.column, parent_table, local.column, join.parent_alias, keep=False
    )


def _stages(local: str, table: str, foreign: str, alias: str, *, keep: bool) -> list[Document]:
    name = f"{JOINED}{alias}"
    # To $lookup null and missing equal null and missing; SQL's NULL equals nothing. The smallest
    # key, which is not stored, equals nothing either, and the foreign side's index serves it.
    key = {"$addFields": {name: {"$ifNull": [f"${local}", MinKey()]}}}
    lookup = {"from": table, "localField": name, "foreignField": foreign, "as": name}
    unwind = {"path": f"${name}", "preserveNullAndEmptyArrays": keep}
    return [key, {"$lookup": lookup}, {"$unwind": unwind}]

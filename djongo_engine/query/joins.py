"""The joins of a query, each as the stages of a pipeline that look its documents up."""

from typing import Any

from django.db.models.sql.constants import INNER
from django.db.models.sql.datastructures import BaseTable, Join

from djongo_engine.errors import refuse
from djongo_engine.query.documents import JOINED, Document


def joins_of(query: Any) -> list[Join]:
    """Return the joins that a query uses. Raises NotSupportedError for a second base table."""
    joins = []
    for alias, table in query.alias_map.items():
        if not query.alias_refcount[alias]:
            continue
        if isinstance(table, Join):
            joins.append(table)
        elif not isinstance(table, BaseTable) or alias != query.base_table:
            refuse("a second base table")
    return joins


def stages_of(join: Join, base_table: str) -> list[Document]:
    """Return the stages that put a joined document into its field.

    Raises NotSupportedError.
    """
    if join.filtered_relation is not None:
        refuse("a FilteredRelation")
    if join.join_field.get_extra_restriction(join.table_alias, join.parent_alias):
        refuse("a join with an extra condition")
    if len(join.join_fields) != 1:
        refuse("a join on several columns")
    ((local, foreign),) = join.join_fields
    if not (local.primary_key or foreign.primary_key):
        # Null would equal null: $lookup joins them, SQL does not.
        refuse("a join on two columns that may be NULL")
    prefix = "" if join.parent_alias == base_table else f"{JOINED}{join.parent_alias}."
    name = f"{JOINED}{join.table_alias}"
    lookup = {
        "from": join.table_name,
        "localField": prefix + local.column,
        "foreignField": foreign.column,
        "as": name,
    }
    unwind = {"path": f"${name}", "preserveNullAndEmptyArrays": join.join_type != INNER}
    return [{"$lookup": lookup}, {"$unwind": unwind}]

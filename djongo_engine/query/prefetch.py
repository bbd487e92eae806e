"""What `prefetch_related()` asks, which nothing else of Django does."""

from typing import Any, cast

from django.db.models.expressions import Col, RawSQL
from django.db.models.fields.tuple_lookups import TupleIn
from django.db.models.lookups import In
from django.db.models.sql.datastructures import Join

from djongo_engine.errors import refuse


def in_one_column(lookup: TupleIn) -> In:
    """Return the `IN` over one column by which Django asks for what foreign keys point to.

    Raises NotSupportedError for several columns.
    """
    if len(lookup.lhs) != 1 or not lookup.rhs_is_direct_value():
        refuse("IN over several columns")
    (column,) = lookup.lhs
    return In(column, [value for (value,) in lookup.rhs])


def through_column(query: Any, name: str | None, extra: RawSQL) -> Col:
    """Return the column that Django selects as SQL text, to tell whose objects it reads.

    Over a many-to-many relation it selects `"through_table"."source_id"` by `extra()`. Raises
    NotSupportedError for every other `extra()`.
    """
    if name and name.startswith("_prefetch_related_val_") and not extra.params:
        for alias, table in query.alias_map.items():
            if isinstance(table, Join):
                for field in table.join_field.related_model._meta.local_concrete_fields:
                    if extra.sql == f'"{alias}"."{field.column}"':
                        return cast(Col, field.get_col(alias))
    refuse("extra()")

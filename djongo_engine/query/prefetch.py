"""The column by which `prefetch_related()` tells whose objects it has read."""

from typing import Any, cast

from django.db.models.expressions import Col, RawSQL
from django.db.models.sql.datastructures import Join

from djongo_engine.errors import refuse


def through_column(query: Any, name: str | None, extra: RawSQL) -> Col:
    """Return the column that Django selects as SQL text over a many-to-many relation.

    It is `"through_table"."source_id"`, by `extra()`. Raises NotSupportedError for every other
    `extra()`.
    """
    if name and name.startswith("_prefetch_related_val_") and not extra.params:
        for alias, table in query.alias_map.items():
            if isinstance(table, Join):
                for field in table.join_field.related_model._meta.local_concrete_fields:
                    if extra.sql == f'"{alias}"."{field.column}"':
                        return cast(Col, field.get_col(alias))
    refuse("extra()")

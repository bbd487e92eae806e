"""Where the documents of a query hold its columns."""

from collections.abc import Iterable
from typing import Any

from django.db.models import expressions

from djongo_engine.errors import refuse
from djongo_engine.query.documents import JOINED


class Columns:
    """The fields that hold the columns and computed expressions of one query.

    `fields` maps an expression that a pipeline stage has computed to the field that holds it.
    """

    def __init__(self, base_alias: str, joined: Iterable[str] = ()) -> None:
        """Take the aliases that a column may come from: the base table's and those joined."""
        self.base_alias = base_alias
        self.joined = frozenset(joined)
        self.fields: dict[Any, str] = {}
        self.refs: dict[str, str] = {}
        self.grouped = False

    def regroup(self, fields: dict[Any, str], refs: dict[str, str] | None = None) -> None:
        """Note that the documents were grouped: nothing else than these can be read from now on.

        `fields` maps expressions to fields, `refs` the names of a subquery's columns.
        """
        self.fields = fields
        self.refs = refs or {}
        self.grouped = True

    def path(self, expression: Any) -> str | None:
        """Return the path of the field that holds an expression, or None if none does.

        Raises NotSupportedError for a column that these documents do not have.
        """
        if self.fields and (name := self.fields.get(expression)):
            return name
        kind = type(expression)
        if kind is expressions.Col:
            return self._column(expression)
        if isinstance(expression, expressions.Ref):
            return self.refs.get(expression.refs) or self.path(expression.source)
        if kind is expressions.ExpressionWrapper:
            return self.path(expression.expression)
        return None

    def _column(self, col: expressions.Col) -> str:
        column: Any = col.target.column
        if self.grouped:
            refuse(f"the column {column!r} outside of the GROUP BY")
        if "." in column or column.startswith("$"):
            refuse(f"a column named {column!r}")
        if col.alias is None or col.alias == self.base_alias:
            return str(column)
        if col.alias in self.joined:
            return f"{JOINED}{col.alias}.{column}"
        refuse(f"the column {column!r} of an outer query")

"""Where the documents of a query hold its columns."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db.models import expressions

from djongo_engine.errors import refuse
from djongo_engine.query.documents import JOINED
from djongo_engine.query.identity import key


class Columns:
    """The fields that hold the columns and computed expressions of one query.

    `fields` maps the `key` of an expression that a stage has computed to the field that holds it.
    `prefixes` maps an alias to what its columns' paths begin with.
    """

    def __init__(self, root: str, joined: Iterable[str] = ()) -> None:
        """Take the alias of the collection that is read, and those of the documents joined to it.

        A column without an alias is one of that collection.
        """
        self.prefixes: dict[str | None, str] = {None: "", root: ""}
        self.prefixes |= {alias: f"{JOINED}{alias}." for alias in joined}
        self._reads: set[str | None] = set()
        self.fields: dict[Any, str] = {}
        self.refs: dict[str, str] = {}
        self.grouped = False

    @contextmanager
    def reads(self) -> Iterator[set[str | None]]:
        """Collect the aliases whose columns are asked for within the context."""
        outer, self._reads = self._reads, set()
        try:
            yield self._reads
        finally:
            self._reads = outer

    def regroup(self, fields: dict[Any, str], refs: dict[str, str] | None = None) -> None:
        """Note that the documents were grouped: nothing else than these can be read from now on.

        `fields` maps the keys of expressions to fields, `refs` the names of a subquery's columns.
        """
        self.fields = fields
        self.refs = refs or {}
        self.grouped = True

    def path(self, expression: Any) -> str | None:
        """Return the path of the field that holds an expression, or None if none does.

        Raises NotSupportedError for a column that these documents do not have.
        """
        if self.fields and (name := self.fields.get(key(expression))):
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
        if col.alias in self.prefixes:
            self._reads.add(col.alias)
            return f"{self.prefixes[col.alias]}{column}"
        refuse(f"the column {column!r} of an outer query")

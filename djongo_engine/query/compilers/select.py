"""SELECT."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models.expressions import Col, OrderBy, RawSQL
from django.db.models.sql import Query, compiler
from django.db.models.sql.constants import GET_ITERATOR_CHUNK_SIZE, MULTI, SINGLE
from django.utils.functional import cached_property
from pymongo.collection import Collection

from djongo_engine.errors import translate_errors
from djongo_engine.query.accumulators import Accumulators, empty_row
from djongo_engine.query.computed import ComputedFields
from djongo_engine.query.documents import Document
from djongo_engine.query.groups import aggregates_of
from djongo_engine.query.identity import key
from djongo_engine.query.plan import Plan, Row
from djongo_engine.query.planner import Planner
from djongo_engine.query.prefetch import through_column
from djongo_engine.query.querylog import LoggedCollection
from djongo_engine.query.translator import Translator


class SQLCompiler(compiler.SQLCompiler):
    """SELECT."""

    def collection(self, name: str) -> Collection[Document]:
        """Return the pymongo collection of that name; one that logs, when queries are logged."""
        collection: Any = self.connection.collection(name)
        if self.connection.queries_logged:
            collection = LoggedCollection(collection, self.connection)
        return collection  # type: ignore[no-any-return]

    def compile(self, node: Any) -> tuple[str, tuple[()]]:
        """Return a name instead of SQL text, since Django only compares the texts."""
        if isinstance(node, OrderBy):
            name, _ = self.compile(node.expression)
            return f"{name} {'DESC' if node.descending else 'ASC'}", ()
        if isinstance(node, Col):
            return f"{node.alias}.{node.target.column}", ()
        return self.names.setdefault(node, f"expression {len(self.names)}"), ()

    @cached_property
    def names(self) -> dict[Any, str]:
        """Return the names given to expressions so far."""
        return {}

    def get_select(self, with_col_aliases: bool = False) -> Any:
        """Return Django's list of what to select, with a column for each of its SQL texts."""
        select, *rest = super().get_select(with_col_aliases)
        columns = [
            (through_column(self.query, alias, each) if type(each) is RawSQL else each, sql, alias)
            for each, sql, alias in select
        ]
        return columns, *rest

    def plan(self) -> Plan:
        """Return the plan of this SELECT. Raises EmptyResultSet, NotSupportedError."""
        query = self.query
        references = query.alias_refcount.copy()
        try:
            extra_select, order_by, group_by = self.pre_sql_setup()
            if group_by and query.default_ordering and not query.order_by:
                # As Django does: the model's own ordering would split the groups.
                order_by = []
            return Planner(self, order_by, extra_select).plan()
        finally:
            # A queryset made from this one would keep the joins of this order and selection.
            query.reset_refcounts(references)

    def execute_sql(
        self,
        result_type: str = MULTI,
        chunked_fetch: bool = False,
        chunk_size: int = GET_ITERATOR_CHUNK_SIZE,
    ) -> Any:
        """Run the SELECT.

        Returns one row or None for SINGLE, else rows in chunks: one with all of them, or chunks
        that are read one after the other if `chunked_fetch`.
        """
        try:
            plan = self.plan()
        except EmptyResultSet:
            return None if result_type == SINGLE else []
        if result_type == SINGLE:
            return next(self._rows(plan), None)
        rows = self._rows(plan)
        if chunked_fetch:
            return iter(lambda: list(islice(rows, chunk_size)), [])
        return [list(rows)]

    def _rows(self, plan: Plan) -> Iterator[Row]:
        with translate_errors():
            rows = map(plan.row(), plan.documents(self.collection(plan.collection)))
            first = next(rows, plan.empty_row)
            if first is not None:
                yield first
                yield from rows

    def where_of(self, query: Query) -> Document:
        """Return the filter of an UPDATE or DELETE that touches its base table alone."""
        return Translator(self, query.get_initial_alias()).filter(query.where)


class SQLAggregateCompiler(SQLCompiler):
    """An aggregate over a subquery: `queryset[:10].count()`, `queryset.distinct().count()`."""

    def plan(self) -> Plan:
        """Return the inner plan with one more group behind it."""
        inner = self.query.inner_query.get_compiler(self.using, elide_empty=self.elide_empty)
        plan: Plan = inner.plan()
        refs = {
            alias: column
            for (_, _, alias), column in zip(inner.select, plan.columns, strict=False)
            if alias and isinstance(column, str)
        }
        translator = Translator(self, "")
        translator.regroup({}, refs)
        accumulators = Accumulators(translator)
        annotations = list(self.query.annotation_select.values())
        names = {key(each): accumulators.add(each) for each in aggregates_of(annotations)}
        stages = [*plan.pipeline(), *accumulators.stages({})]
        row = empty_row(annotations)
        if row is None:
            stages += accumulators.stages_of_nothing()
        translator.regroup(names)
        computed = ComputedFields(translator)
        columns = [computed.column(annotation) for annotation in annotations]
        self.col_count = len(columns)
        return Plan(plan.collection, {}, columns, [*stages, *computed.stages()], empty_row=row)

"""SQL compilers that translate Django's query tree to MongoDB commands and run them.

Django picks a compiler for each kind of statement (`DatabaseOperations.compiler_module`) and
calls its `execute_sql()`; no SQL text is made on the way.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.core.exceptions import EmptyResultSet, FieldError
from django.db import IntegrityError, models
from django.db.models.constants import OnConflict
from django.db.models.expressions import Col, DatabaseDefault, OrderBy
from django.db.models.sql import Query, compiler
from django.db.models.sql.constants import (
    GET_ITERATOR_CHUNK_SIZE,
    MULTI,
    ROW_COUNT,
    SINGLE,
)
from django.utils.functional import cached_property
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError

from djongo_engine.counters import next_ids, raise_counter
from djongo_engine.errors import DUPLICATE_KEY, refuse, translate_errors
from djongo_engine.query.accumulators import Accumulators
from djongo_engine.query.conditions import Conditions
from djongo_engine.query.datatypes import (
    DECIMAL,
    FLOAT,
    INTEGER,
    NUMBERS,
    kind_of,
    kind_of_field,
    may_be_null,
)
from djongo_engine.query.expressions import Document, Translator
from djongo_engine.query.plan import Plan, Planner, Row, empty_row
from djongo_engine.query.querylog import LoggedCollection
from djongo_engine.values import stored


class SQLCompiler(compiler.SQLCompiler):
    """SELECT."""

    def collection(self, name: str) -> Collection[Document]:
        """Return the pymongo collection of that name; one that logs, when queries are logged."""
        collection: Any = self.connection.collection(name)
        if self.connection.queries_logged:
            collection = LoggedCollection(collection, self.connection)
        return collection  # type: ignore[no-any-return]

    def compile(self, node: Any) -> tuple[str, tuple[()]]:
        """Return a name instead of SQL text: all that Django does here is to compare texts."""
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

    def plan(self) -> Plan:
        """Return the plan of this SELECT. Raises EmptyResultSet, NotSupportedError."""
        extra_select, order_by, group_by = self.pre_sql_setup()
        if group_by and self._meta_ordering:
            # As Django does: the model's own ordering would split the groups.
            order_by = []
        return Planner(self, order_by, extra_select).plan()

    def execute_sql(
        self,
        result_type: str = MULTI,
        chunked_fetch: bool = False,
        chunk_size: int = GET_ITERATOR_CHUNK_SIZE,
    ) -> Any:
        """Run the SELECT.

        Returns one row or None for SINGLE, else rows in chunks: all of them, or one chunk
        after the other when they are fetched chunked.
        """
        try:
            plan = self.plan()
        except EmptyResultSet:
            return self._nothing(result_type)
        if result_type == SINGLE:
            return next(self._rows(plan), None)
        rows = self._rows(plan)
        if chunked_fetch:
            return iter(lambda: list(islice(rows, chunk_size)), [])
        return [list(rows)]

    def _nothing(self, result_type: str) -> Any:
        if result_type != SINGLE:
            return []
        if self.elide_empty:
            return None
        # Django asks for the row when it cannot tell what an aggregate over nothing gives.
        refuse("an aggregate over nothing")

    def _rows(self, plan: Plan) -> Iterator[Row]:
        with translate_errors:
            rows = map(plan.row(), plan.documents(self.collection(plan.collection)))
            first = next(rows, plan.empty_row)
            if first is not None:
                yield first
                yield from rows

    def where_of(self, query: Query) -> Document:
        """Return the filter of an UPDATE or DELETE that touches its base table alone."""
        translator = Translator(self, query.get_initial_alias(), ())
        return Conditions(self, translator).filter(query.where)


class SQLAggregateCompiler(SQLCompiler):
    """An aggregate over a subquery: `queryset[:10].count()`, `queryset.distinct().count()`."""

    def plan(self) -> Plan:
        """Return the inner plan with one more group behind it."""
        inner = self.query.inner_query.get_compiler(self.using, elide_empty=self.elide_empty)
        plan: Plan = inner.plan()
        translator = Translator(self, "", ())
        translator.grouped = True
        translator.refs = {
            alias: column
            for (_, _, alias), column in zip(inner.select, plan.columns, strict=False)
            if alias and isinstance(column, str)
        }
        accumulators = Accumulators(translator)
        annotations = list(self.query.annotation_select.values())
        columns = [accumulators.add(annotation) for annotation in annotations]
        self.col_count = len(columns)
        return Plan(
            collection=plan.collection,
            filter={},
            columns=list(columns),
            stages=[
                *plan.pipeline(),
                {"$group": {"_id": None, **accumulators.group}},
                {"$project": {"_id": False, **accumulators.final}},
            ],
            empty_row=empty_row(annotations),
        )


class SQLInsertCompiler(SQLCompiler, compiler.SQLInsertCompiler):
    """INSERT."""

    def execute_sql(self, returning_fields: Any = None) -> list[Row]:  # type: ignore[override]
        """Insert the objects; return the returning fields of each, in order.

        A batch that meets a duplicate is taken back as far as it was inserted, because a SQL
        database stores none of it. Raises IntegrityError for a duplicate.
        """
        if self.query.on_conflict not in (None, OnConflict.IGNORE):
            refuse("bulk_create() with conflicts updated")
        meta = self.query.get_meta()
        documents = [self._document(obj) for obj in self.query.objs]
        with translate_errors:
            self._fill_auto_field(meta, documents)
            self._insert(self.collection(meta.db_table), documents)
        if not returning_fields:
            return []
        rows = [tuple(doc.get(f.column) for f in returning_fields) for doc in documents]
        columns = [field.get_col(meta.db_table) for field in returning_fields]
        converters = self.get_converters(columns)
        return list(map(tuple, self.apply_converters(rows, converters))) if converters else rows

    def _document(self, obj: Any) -> Document:
        document = {}
        for field in self.query.fields:
            value = self.prepare_value(field, self.pre_save_val(field, obj))
            if isinstance(value, DatabaseDefault) or hasattr(value, "as_sql"):
                refuse("an expression as a value to insert")
            not_null(field, value)
            document[field.column] = stored(value, field)
        return document

    def _fill_auto_field(self, meta: Any, documents: list[Document]) -> None:
        # A proxy has no auto field of its own.
        auto: models.AutoField | None = meta.concrete_model._meta.auto_field
        if auto is None:
            return
        given = [doc[auto.column] for doc in documents if doc.get(auto.column) is not None]
        if given:
            raise_counter(self.connection.database, meta.db_table, auto.column, max(given))
        missing = [doc for doc in documents if doc.get(auto.column) is None]
        ids = next_ids(self.connection.database, meta.db_table, auto.column, len(missing))
        for document, identity in zip(missing, ids, strict=True):
            document[auto.column] = identity

    def _insert(self, collection: Collection[Document], documents: list[Document]) -> None:
        ignore_conflicts = self.query.on_conflict is OnConflict.IGNORE
        if len(documents) == 1 and not ignore_conflicts:
            collection.insert_one(documents[0])
            return
        inserted: list[Document] = []
        while documents:
            try:
                collection.insert_many(documents)
                return
            except BulkWriteError as error:
                inserted += documents[: error.details["nInserted"]]
                failures = error.details["writeErrors"]
                if ignore_conflicts and failures and failures[0]["code"] == DUPLICATE_KEY:
                    documents = documents[failures[0]["index"] + 1 :]
                    continue
                collection.delete_many({"_id": {"$in": [doc["_id"] for doc in inserted]}})
                raise


class SQLDeleteCompiler(SQLCompiler, compiler.SQLDeleteCompiler):
    """DELETE."""

    def execute_sql(self, result_type: str = MULTI, **kwargs: Any) -> Any:
        """Delete what the condition selects; return how many documents, for ROW_COUNT."""
        try:
            filter_ = self.where_of(self.query) if self.single_alias else self._selected_first()
        except EmptyResultSet:
            return 0 if result_type == ROW_COUNT else None
        with translate_errors:
            result = self.collection(self.query.get_meta().db_table).delete_many(filter_)
        return result.deleted_count if result_type == ROW_COUNT else None

    def _selected_first(self) -> Document:
        """Return the filter for the keys that a condition over other tables selects."""
        inner = self.query.clone()
        inner.__class__ = Query
        inner.clear_select_clause()
        pk: models.Field = self.query.get_meta().pk
        column: Col = pk.get_col(self.query.get_initial_alias())
        inner.select = (column,)
        chunks = inner.get_compiler(connection=self.connection).execute_sql()
        return {pk.column: {"$in": [row[0] for chunk in chunks for row in chunk]}}


class SQLUpdateCompiler(SQLCompiler, compiler.SQLUpdateCompiler):
    """UPDATE."""

    def execute_sql(self, result_type: str = MULTI, **kwargs: Any) -> int:  # type: ignore[override]
        """Update what the condition selects; return how many documents it selected."""
        # Moves a condition over other tables into `pk IN (the keys it selects)`.
        compiler.SQLUpdateCompiler.pre_sql_setup(self)
        counts = [self._update()]
        for query in self.query.get_related_updates():
            # Of a parent model's table; all select the same objects.
            counts.append(query.get_compiler(self.using).execute_sql(result_type))
        return next(filter(None, counts), 0)

    def _update(self) -> int:
        change = self._change()
        if not change:
            return 0
        try:
            filter_ = self.where_of(self.query)
        except EmptyResultSet:
            return 0
        with translate_errors:
            collection = self.collection(self.query.get_meta().db_table)
            return collection.update_many(filter_, change).matched_count

    def _change(self) -> Document | list[Document]:
        values: Document = {}
        computed: Document = {}
        translator = Translator(self, self.query.get_initial_alias(), ())
        for field, _, value in self.query.values:
            if hasattr(value, "resolve_expression"):
                value = value.resolve_expression(self.query, allow_joins=False, for_save=True)
                if value.contains_aggregate or value.contains_over_clause:
                    kind = "Aggregate" if value.contains_aggregate else "Window"
                    which = f"{field.name}={value!r}"
                    raise FieldError(f"{kind} functions are not allowed in this query ({which}).")
                if type(value) is not models.Value:
                    computed[field.column] = self._computed(translator, field, value)
                    continue
                translator.constant(value)  # refuses what is no scalar
                value = value.value
            elif hasattr(value, "prepare_database_save"):
                if not field.remote_field:
                    raise TypeError(f"{field} cannot be set to a model instance, {value!r}.")
                value = value.prepare_database_save(field)
            not_null(field, value)
            values[field.column] = stored(field.get_db_prep_save(value, self.connection), field)
        if not computed:
            return {"$set": values} if values else {}
        literals = {column: {"$literal": value} for column, value in values.items()}
        return [{"$set": {**literals, **computed}}]

    @staticmethod
    def _computed(translator: Translator, field: models.Field, value: Any) -> Any:
        """Return the expression for a field, converted as the field stores it."""
        kind, target = kind_of(value), kind_of_field(field)
        if kind is not None and kind != target and not (kind == INTEGER and target in NUMBERS):
            refuse(f"an update of a {type(field).__name__} by another type")
        if not field.null and may_be_null(value):
            refuse(f"an update of {field.name}, which may not be NULL, by what may be")
        expression = translator.value(value)
        if target == INTEGER:
            # Fails for a double, which an integer beyond 64 bits becomes.
            return {"$toLong": expression}
        if target == FLOAT:
            return {"$toDouble": expression}
        if target == DECIMAL:
            return {"$round": [{"$toDecimal": expression}, field.decimal_places]}
        return expression


def not_null(field: models.Field, value: Any) -> None:
    """Raise IntegrityError for a None in a field with NOT NULL, which MongoDB does not know."""
    if value is None and not field.null and not isinstance(field, models.AutoField):
        raise IntegrityError(
            f"NOT NULL constraint failed: {field.model._meta.db_table}.{field.column}"
        )

"""INSERT."""

from collections.abc import Iterable
from typing import Any

from bson import ObjectId
from django.db import models
from django.db.models.constants import OnConflict
from django.db.models.expressions import DatabaseDefault
from django.db.models.sql import compiler
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError

from djongo_engine.counters import counted_column, next_ids, raise_counter
from djongo_engine.errors import DUPLICATE_KEY, refuse, translate_errors
from djongo_engine.query.compilers.select import SQLCompiler
from djongo_engine.query.documents import Document
from djongo_engine.query.plan import Row
from djongo_engine.values import check_not_null, stored


class SQLInsertCompiler(SQLCompiler, compiler.SQLInsertCompiler):
    """INSERT."""

    def execute_sql(self, returning_fields: Any = None) -> list[Row]:  # type: ignore[override]
        """Insert the objects; return the returning fields of each, in order.

        Raises IntegrityError for a duplicate. What was inserted before it is deleted again, since
        a SQL database stores none of the batch.
        """
        if self.query.on_conflict not in (None, OnConflict.IGNORE):
            refuse("bulk_create() with conflicts updated")
        meta = self.query.get_meta()
        documents = [self._document(obj) for obj in self.query.objs]
        with translate_errors():
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
            check_not_null(field, value)
            document[field.column] = stored(value, field)
        return document

    def _fill_auto_field(self, meta: Any, documents: list[Document]) -> None:
        auto: models.Field | None = meta.concrete_model._meta.auto_field
        if auto is None:
            return
        missing = [doc for doc in documents if doc.get(auto.column) is None]
        new: Iterable[Any]
        if column := counted_column(meta.model):
            given = [doc[column] for doc in documents if doc.get(column) is not None]
            if given:
                raise_counter(self.connection.database, meta.db_table, column, max(given))
            new = next_ids(self.connection.database, meta.db_table, column, len(missing))
        else:
            new = [ObjectId() for _ in missing]
        for document, identity in zip(missing, new, strict=True):
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

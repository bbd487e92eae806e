"""DELETE."""

from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import models
from django.db.models.expressions import Col
from django.db.models.sql import Query, compiler
from django.db.models.sql.constants import MULTI, ROW_COUNT

from djongo_engine.errors import translate_errors
from djongo_engine.query.compilers.select import SQLCompiler
from djongo_engine.query.documents import Document


class SQLDeleteCompiler(SQLCompiler, compiler.SQLDeleteCompiler):
    """DELETE."""

    def execute_sql(self, result_type: str = MULTI, **kwargs: Any) -> Any:
        """Delete what the condition selects; return how many documents, for ROW_COUNT."""
        try:
            filter_ = self.where_of(self.query) if self.single_alias else self._selected_first()
        except EmptyResultSet:
            return 0 if result_type == ROW_COUNT else None
        with translate_errors():
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

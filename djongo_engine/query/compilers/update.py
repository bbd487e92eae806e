"""UPDATE."""

from typing import Any

from django.core.exceptions import EmptyResultSet, FieldError
from django.db import models
from django.db.models.sql import compiler
from django.db.models.sql.constants import MULTI

from djongo_engine.errors import refuse, translate_errors
from djongo_engine.query.bulk_updates import has_value_for_all
from djongo_engine.query.compilers.select import SQLCompiler
from djongo_engine.query.datatypes import (
    DECIMAL,
    FLOAT,
    INTEGER,
    NUMBERS,
    kind_of,
    kind_of_field,
    may_be_null,
)
from djongo_engine.query.documents import Document
from djongo_engine.query.translator import Translator
from djongo_engine.values import check_not_null, stored


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
        with translate_errors():
            collection = self.collection(self.query.get_meta().db_table)
            return collection.update_many(filter_, change).matched_count

    def _change(self) -> Document | list[Document]:
        values: Document = {}
        computed: Document = {}
        translator = Translator(self, self.query.get_initial_alias())
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
            check_not_null(field, value)
            values[field.column] = stored(field.get_db_prep_save(value, self.connection), field)
        if not computed:
            return {"$set": values} if values else {}
        literals = {column: {"$literal": value} for column, value in values.items()}
        return [{"$set": {**literals, **computed}}]

    def _computed(self, translator: Translator, field: models.Field, value: Any) -> Any:
        """Return the expression for a field, converted as the field stores it."""
        kind, target = kind_of(value), kind_of_field(field)
        if kind is not None and kind != target and not (kind == INTEGER and target in NUMBERS):
            refuse(f"an update of a {type(field).__name__} by another type")
        if not (field.null or not may_be_null(value) or has_value_for_all(value, self.query.where)):
            refuse(f"an update of {field.name} (NOT NULL) by what may be NULL")
        expression = translator.value(value)
        if target == INTEGER:
            # Fails for a double, which an integer beyond 64 bits becomes.
            return {"$toLong": expression}
        if target == FLOAT:
            return {"$toDouble": expression}
        if target == DECIMAL:
            return {"$round": [{"$toDecimal": expression}, field.decimal_places]}
        return expression

"""The schema operations on fields."""

from collections.abc import Iterator
from typing import Any

from django.db import IntegrityError, ProgrammingError, models

from djongo_engine.errors import refuse, translate_errors
from djongo_engine.schema.checks import check_alteration, check_field
from djongo_engine.schema.index_editor import Documents, IndexEditor
from djongo_engine.schema.index_specs import IndexSpec, field_specs, model_specs
from djongo_engine.values import stored


class FieldEditor(IndexEditor):
    """Adds, changes and removes fields, in every document and in the indexes."""

    def add_field(self, model: type[models.Model], field: models.Field) -> None:
        """Create the field's indexes; write its default into every document that lacks it.

        Without a default nothing is written: a missing field reads as NULL already. Raises
        IntegrityError if documents lack a field that has no default and may not be NULL.
        """
        if field.many_to_many:
            if field.remote_field.through._meta.auto_created:
                self.create_model(field.remote_field.through)
            return
        check_field(field, self.connection)
        if field.column is None:
            return
        if field.primary_key:
            refuse(f"a primary key for a table that is there ({field.name})")
        default = self._default(model, field, {field.column: {"$exists": False}})
        if default is not None:
            with translate_errors():
                self.collection(model).update_many(
                    {field.column: {"$exists": False}}, {"$set": {field.column: default}}
                )
        self.create_indexes(model, field_specs(field))

    def _default(
        self, model: type[models.Model], field: models.Field, lacking: dict[str, Any]
    ) -> Any:
        """Return what to store in the documents that lack a value."""
        default = stored(self.effective_default(field), field)
        if default is None and not field.null:
            with translate_errors():
                if self.collection(model).find_one(lacking, {"_id": True}):
                    raise IntegrityError(
                        f"{field.name} may not be NULL, has no default, and {model._meta.db_table} "
                        "holds documents without it."
                    )
        return default

    def remove_field(self, model: type[models.Model], field: models.Field) -> None:
        """Remove the field from every document, with the indexes that hold it."""
        if field.many_to_many:
            if field.remote_field.through._meta.auto_created:
                self.delete_model(field.remote_field.through)
            return
        if field.primary_key:
            refuse(f"a table without its primary key ({field.name})")
        if field.column is None:
            return
        collection = self.collection(model)
        with translate_errors():
            for name, _ in self._indexes_on(collection, field.column):
                collection.drop_index(name)
            collection.update_many({}, {"$unset": {field.column: ""}})

    def _alter_field(
        self,
        model: type[models.Model],
        old_field: models.Field,
        new_field: models.Field,
        *types_and_strict: Any,
    ) -> None:
        """Rename the column, fill new NOT NULLs, change the field's indexes.

        Django's `alter_field` calls this for a column that changes, and deals with many-to-many
        relations itself. Raises NotSupportedError for a change of what the column holds.
        """
        collection = self.collection(model)
        check_alteration(old_field, new_field, self.connection, collection)
        old, new = old_field.column, new_field.column
        # The indexes of the model as it was, which need not be `model`, and as it will be.
        before = [spec.renamed(old, new) for spec in self._specs_with(old_field, old_field)]
        after = list(self._specs_with(old_field, new_field))
        tightened = old_field.null and not new_field.null
        if tightened:
            default = self._default(model, new_field, {old: None, new: None})
        with translate_errors():
            if old != new:
                both = {old: {"$exists": True}, new: {"$exists": True}}
                if collection.find_one(both, {"_id": True}):
                    raise ProgrammingError(
                        f"{model._meta.db_table} holds a column {new!r} already."
                    )
                self._rename_column(collection, old, new, before)
            if tightened:
                collection.update_many({new: None}, {"$set": {new: default}})
        self.change_indexes(model, before, after)

    def _specs_with(self, old: models.Field, field: models.Field) -> Iterator[IndexSpec]:
        """Yield the indexes of the old field's model with `field` in the old one's place."""
        yield from field_specs(field)
        yield from model_specs(old.model, **{old.name: field})

    def _rename_column(
        self, collection: Documents, old: str, new: str, declared: list[IndexSpec]
    ) -> None:
        """Rename the field in every document, and in the indexes that no model declares."""
        others = []
        for name, index in self._indexes_on(collection, old):
            collection.drop_index(name)
            options = {key: index[key] for key in index.keys() - {"key", "v", "ns", "name"}}
            spec = IndexSpec(name, list(index["key"]), options).renamed(old, new)
            if spec not in declared:
                others.append(spec)
        collection.update_many({old: {"$exists": True}}, {"$rename": {old: new}})
        for spec in others:
            self.create_index(collection, spec)

    def _indexes_on(
        self, collection: Documents, column: str
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        for name, index in collection.index_information().items():
            if any(key == column for key, _ in index["key"]):
                yield name, dict(index)

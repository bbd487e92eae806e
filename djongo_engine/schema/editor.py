"""Schema operations on pymongo: each does what it says in MongoDB, or is refused.

Nothing is rolled back, so each asks for everything that it may refuse before its first write,
and each that was cut short, or had ended, comes to the same end when it is run again.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NoReturn

from django.db import IntegrityError, ProgrammingError, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from pymongo.collection import Collection

from djongo_engine.counters import create_counter, drop_counter, rename_counter
from djongo_engine.errors import refuse, translate_errors
from djongo_engine.schema.checks import check_alteration, check_field, check_model, check_table
from djongo_engine.schema.index_specs import (
    IndexSpec,
    constraint_spec,
    field_specs,
    index_spec,
    model_specs,
    plain_spec,
    together_spec,
)
from djongo_engine.values import stored

Documents = Collection[dict[str, Any]]


class DatabaseSchemaEditor(BaseDatabaseSchemaEditor):
    """Creates, changes and drops collections and indexes; djongo went through SQL text."""

    def __init__(self, connection: Any, collect_sql: bool = False, atomic: bool = True) -> None:
        """Refuse `sqlmigrate`, which asks for SQL text in place of the change."""
        if collect_sql:
            refuse("a migration into SQL text (sqlmigrate): see `migrate --plan`")
        super().__init__(connection, collect_sql, atomic)

    def execute(self, sql: Any, params: Any = ()) -> NoReturn:
        """Refuse: SQL text (`RunSQL`) is not translated."""
        refuse("SQL text in a migration")

    def _collection(self, model: type[models.Model]) -> Documents:
        collection: Documents = self.connection.database[model._meta.db_table]
        return collection

    # Collections

    def create_model(self, model: type[models.Model]) -> None:
        """Create the collection, its indexes and counter; so for its many-to-many relations.

        Raises ProgrammingError when a collection exists. Whatever fails later takes back
        what was created.
        """
        database = self.connection.database
        new = [model, *self._through_models(model)]
        for each in new:
            check_model(each, self.connection)
        with translate_errors:
            present = set(database.list_collection_names())
            for each in new:
                if each._meta.db_table in present and not self._left_behind(each):
                    raise ProgrammingError(
                        f"The collection {each._meta.db_table!r} already exists. To take it over "
                        "with its documents: djongo_engine.schema.migrations.AdoptCollection"
                    )
            try:
                for each in new:
                    self._create(each, present)
            except Exception:
                for each in new:
                    if each._meta.db_table not in present:
                        self._drop(each)
                raise

    def _create(self, model: type[models.Model], present: set[str]) -> None:
        if model._meta.db_table not in present:
            self.connection.database.create_collection(model._meta.db_table)
        if auto := model._meta.auto_field:
            create_counter(self.connection.database, model._meta.db_table, auto.column)
        self.create_indexes(model, model_specs(model))

    def _left_behind(self, model: type[models.Model]) -> bool:
        """Tell whether a collection can be what a killed `create_model` left: empty, no other's."""
        collection = self._collection(model)
        specs = list(model_specs(model))
        return collection.find_one({}, {"_id": True}) is None and all(
            any(spec.describes(index) for spec in specs)
            for name, index in collection.index_information().items()
            if name != "_id_"
        )

    def delete_model(self, model: type[models.Model]) -> None:
        """Drop the collection, with those of its automatic many-to-many relations."""
        with translate_errors:
            for each in (*self._through_models(model), model):
                self._drop(each)

    def _drop(self, model: type[models.Model]) -> None:
        self._collection(model).drop()
        drop_counter(self.connection.database, model._meta.db_table)

    def _through_models(self, model: type[models.Model]) -> list[type[models.Model]]:
        throughs = [field.remote_field.through for field in model._meta.local_many_to_many]
        return [through for through in throughs if through._meta.auto_created]

    def alter_db_table(
        self, model: type[models.Model], old_db_table: str, new_db_table: str
    ) -> None:
        """Rename the collection, which keeps its indexes, and its counter."""
        if old_db_table == new_db_table:
            return
        check_table(new_db_table)
        database = self.connection.database
        with translate_errors:
            names = database.list_collection_names()
            # The old one is gone when a run was killed after it.
            if old_db_table in names or new_db_table not in names:
                database[old_db_table].rename(new_db_table)
            rename_counter(database, old_db_table, new_db_table)

    def alter_db_table_comment(
        self, model: type[models.Model], old_db_table_comment: Any, new_db_table_comment: Any
    ) -> None:
        """Refuse: MongoDB keeps no comments."""
        refuse("a comment on a table")

    def alter_db_tablespace(
        self, model: type[models.Model], old_db_tablespace: Any, new_db_tablespace: Any
    ) -> None:
        """Refuse: MongoDB has no tablespaces."""
        refuse("a tablespace")

    # Indexes

    def create_indexes(self, model: type[models.Model], specs: Iterable[IndexSpec]) -> None:
        """Create indexes; one that is there already, under whatever name, will do."""
        collection = self._collection(model)
        with translate_errors:
            present = list(collection.index_information().values())
            for spec in specs:
                if not any(spec.describes(index) for index in present):
                    collection.create_index(spec.keys, name=spec.name, **spec.options)
                    present.append({"key": spec.keys, **spec.options})

    def drop_indexes(self, model: type[models.Model], specs: Iterable[IndexSpec]) -> None:
        """Drop indexes under whatever name; one that is gone already is no error."""
        collection = self._collection(model)
        unwanted = list(specs)
        with translate_errors:
            for name, index in collection.index_information().items():
                if any(spec.describes(index) for spec in unwanted):
                    collection.drop_index(name)

    def _change_indexes(
        self, model: type[models.Model], old: Iterable[IndexSpec], new: Iterable[IndexSpec]
    ) -> None:
        """Create and drop the indexes in which two lists differ.

        The new come first, so that a duplicate that one of them meets leaves the old in place;
        but two indexes cannot have one name.
        """
        wanted = list(new)
        names = {spec.name for spec in wanted}
        unwanted = [spec for spec in old if spec not in wanted]
        self.drop_indexes(model, [spec for spec in unwanted if spec.name in names])
        self.create_indexes(model, wanted)
        self.drop_indexes(model, [spec for spec in unwanted if spec.name not in names])

    def add_index(self, model: type[models.Model], index: models.Index) -> None:
        """Create an index."""
        self.create_indexes(model, [index_spec(index, model._meta.get_field)])

    def remove_index(self, model: type[models.Model], index: models.Index) -> None:
        """Drop an index."""
        self._remove(model, index_spec(index, model._meta.get_field))

    def rename_index(
        self, model: type[models.Model], old_index: models.Index, new_index: models.Index
    ) -> None:
        """Build the index anew: MongoDB renames none and takes no second one on the same keys."""
        spec = index_spec(new_index, model._meta.get_field)
        self.drop_indexes(model, [index_spec(old_index, model._meta.get_field)])
        self.create_indexes(model, [spec])

    def add_constraint(self, model: type[models.Model], constraint: models.BaseConstraint) -> None:
        """Create the unique index of a UniqueConstraint on fields; refuse others."""
        self.create_indexes(model, [constraint_spec(constraint, model._meta.get_field)])

    def remove_constraint(
        self, model: type[models.Model], constraint: models.BaseConstraint
    ) -> None:
        """Drop the unique index of a UniqueConstraint."""
        self._remove(model, constraint_spec(constraint, model._meta.get_field))

    def _remove(self, model: type[models.Model], spec: IndexSpec) -> None:
        """Drop an index, unless another declaration of the model asks for the same one."""
        others = [other for other in model_specs(model) if other.name != spec.name]
        if spec not in others:
            self.drop_indexes(model, [spec])

    def alter_unique_together(
        self, model: type[models.Model], old_unique_together: Any, new_unique_together: Any
    ) -> None:
        """Create and drop the unique indexes in which the two differ."""
        old, new = (
            [together_spec(names, model._meta.get_field) for names in together]
            for together in (old_unique_together, new_unique_together)
        )
        self._change_indexes(model, old, [*new, *model_specs(model)])

    def alter_index_together(
        self, model: type[models.Model], old_index_together: Any, new_index_together: Any
    ) -> None:
        """Create and drop the indexes in which the two differ (migrations before Django 5.1)."""
        old, new = (
            [plain_spec([model._meta.get_field(name) for name in names]) for names in together]
            for together in (old_index_together, new_index_together)
        )
        self._change_indexes(model, old, [*new, *model_specs(model)])

    # Fields

    def add_field(self, model: type[models.Model], field: models.Field) -> None:
        """Create the field's indexes; write its default into every document that lacks it.

        Without a default nothing is written: a missing field reads as NULL already. Raises IntegrityError when there is such a document, and NULL is neither allowed nor
        replaced by a default.
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
            with translate_errors:
                self._collection(model).update_many(
                    {field.column: {"$exists": False}}, {"$set": {field.column: default}}
                )
        self.create_indexes(model, field_specs(field))

    def _default(
        self, model: type[models.Model], field: models.Field, lacking: dict[str, Any]
    ) -> Any:
        """Return what to store in the documents that lack a value."""
        default = stored(self.effective_default(field), field)
        if default is None and not field.null:
            with translate_errors:
                if self._collection(model).find_one(lacking, {"_id": True}):
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
        collection = self._collection(model)
        with translate_errors:
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
        collection = self._collection(model)
        check_alteration(old_field, new_field, self.connection, collection)
        old, new = old_field.column, new_field.column
        # The indexes of the model as it was, which need not be `model`, and as it will be.
        before = [_renamed(spec, old, new) for spec in self._specs_with(old_field, old_field)]
        after = list(self._specs_with(old_field, new_field))
        tightened = old_field.null and not new_field.null
        if tightened:
            default = self._default(model, new_field, {old: None, new: None})
        with translate_errors:
            if old != new:
                both = {old: {"$exists": True}, new: {"$exists": True}}
                if collection.find_one(both, {"_id": True}):
                    raise ProgrammingError(
                        f"{model._meta.db_table} holds a column {new!r} already."
                    )
                self._rename_column(collection, old, new, before)
            if tightened:
                collection.update_many({new: None}, {"$set": {new: default}})
        self._change_indexes(model, before, after)

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
            spec = _renamed(IndexSpec(name, list(index["key"]), options), old, new)
            if spec not in declared:
                others.append(spec)
        collection.update_many({old: {"$exists": True}}, {"$rename": {old: new}})
        for spec in others:
            collection.create_index(spec.keys, name=spec.name, **spec.options)

    def _indexes_on(
        self, collection: Documents, column: str
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        for name, index in collection.index_information().items():
            if any(key == column for key, _ in index["key"]):
                yield name, dict(index)


def _renamed(spec: IndexSpec, old: str, new: str) -> IndexSpec:
    """Return the same index after its column was renamed."""
    options = dict(spec.options)
    if partial := options.get("partialFilterExpression"):
        renamed = {new if column == old else column: test for column, test in partial.items()}
        options["partialFilterExpression"] = renamed
    keys = [(new if column == old else column, order) for column, order in spec.keys]
    return IndexSpec(spec.name, keys, options)

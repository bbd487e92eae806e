"""Schema operations on pymongo: each does what it says in MongoDB, or is refused."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

from django.db import ProgrammingError, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from pymongo.collection import Collection

from djongo_engine.counters import SCHEMA, create_counter
from djongo_engine.errors import refuse, translate_errors
from djongo_engine.values import stored

# A unique index of MongoDB counts nulls as equal, a UNIQUE of SQL does not: leave them out.
_NOT_NULL = ["string", "int", "long", "double", "decimal", "bool", "date", "binData", "objectId"]
# Types that a column may change between: every stored value is one of the new type already.
_WIDENINGS = {("int", "long")}

Keys = list[tuple[str, int]]


@dataclass(frozen=True)
class IndexSpec:
    """What `create_index` needs: keys with their order, a name, and further options."""

    name: str
    keys: Keys
    options: dict[str, Any] = field(default_factory=dict)


class DatabaseSchemaEditor(BaseDatabaseSchemaEditor):
    """Creates, changes and drops collections and indexes; djongo went through SQL text."""

    def execute(self, sql: Any, params: Any = ()) -> NoReturn:
        """Refuse: SQL text (`RunSQL`) is not translated."""
        refuse("SQL text in a migration")

    def _collection(self, model: type[models.Model]) -> Collection[dict[str, Any]]:
        return self._named(model._meta.db_table)

    def _named(self, table: str) -> Collection[dict[str, Any]]:
        collection: Collection[dict[str, Any]] = self.connection.database[table]
        return collection

    # Collections

    def create_model(self, model: type[models.Model]) -> None:
        """Create the collection, its indexes and its counter.

        Raises ProgrammingError when the collection exists. Whatever fails later takes back
        what was created.
        """
        meta = model._meta
        specs = list(self.index_specs(model))
        with translate_errors:
            if meta.db_table in self.connection.database.list_collection_names():
                raise ProgrammingError(f"The collection {meta.db_table!r} already exists.")
            self.connection.database.create_collection(meta.db_table)
            try:
                self.create_indexes(model, specs)
            except Exception:
                self._named(meta.db_table).drop()
                raise
            if auto := meta.auto_field:
                create_counter(self.connection.database, meta.db_table, auto.column)
        for relation in meta.local_many_to_many:
            if relation.remote_field.through._meta.auto_created:
                self.create_model(relation.remote_field.through)

    def delete_model(self, model: type[models.Model]) -> None:
        """Drop the collection, with those of its automatic many-to-many relations."""
        for relation in model._meta.local_many_to_many:
            if relation.remote_field.through._meta.auto_created:
                self.delete_model(relation.remote_field.through)
        with translate_errors:
            self._collection(model).drop()
            self._named(SCHEMA).delete_one({"name": model._meta.db_table})

    def alter_db_table(
        self, model: type[models.Model], old_db_table: str, new_db_table: str
    ) -> None:
        """Rename the collection, which keeps its indexes, and its counter."""
        if old_db_table == new_db_table:
            return
        with translate_errors:
            self._named(old_db_table).rename(new_db_table)
            self._named(SCHEMA).update_one({"name": old_db_table}, {"$set": {"name": new_db_table}})

    def alter_db_table_comment(self, model: type[models.Model], *comments: Any) -> None:
        """Refuse: MongoDB keeps no comments."""
        refuse("a comment on a table")

    def alter_db_tablespace(self, model: type[models.Model], *spaces: Any) -> None:
        """Refuse: MongoDB has no tablespaces."""
        refuse("a tablespace")

    # Indexes

    def index_specs(self, model: type[models.Model]) -> Iterator[IndexSpec]:
        """Yield every index that the model declares. Raises NotSupportedError for others."""
        meta = model._meta
        for column in meta.local_fields:
            yield from self._field_specs(model, column)
        for names in meta.unique_together:
            yield self._together_spec(model, names)
        for constraint in meta.constraints:
            yield self._constraint_spec(model, constraint)
        for index in meta.indexes:
            yield self._index_spec(model, index)

    def create_indexes(self, model: type[models.Model], specs: Iterable[IndexSpec]) -> None:
        """Create indexes; one that is there already, with the same options, stays."""
        with translate_errors:
            for spec in specs:
                self._collection(model).create_index(spec.keys, name=spec.name, **spec.options)

    def drop_indexes(self, model: type[models.Model], specs: Iterable[IndexSpec]) -> None:
        """Drop indexes by their names; one that is gone already is no error."""
        with translate_errors:
            present = self._collection(model).index_information()
            for spec in specs:
                if spec.name in present:
                    self._collection(model).drop_index(spec.name)

    def add_index(self, model: type[models.Model], index: models.Index) -> None:
        """Create an index."""
        self.create_indexes(model, [self._index_spec(model, index)])

    def remove_index(self, model: type[models.Model], index: models.Index) -> None:
        """Drop an index."""
        self.drop_indexes(model, [self._index_spec(model, index)])

    def rename_index(
        self, model: type[models.Model], old_index: models.Index, new_index: models.Index
    ) -> None:
        """Build the index anew: MongoDB renames none and takes no second one on the same keys."""
        self.remove_index(model, old_index)
        self.add_index(model, new_index)

    def add_constraint(self, model: type[models.Model], constraint: models.BaseConstraint) -> None:
        """Create the unique index of a UniqueConstraint on fields; refuse others."""
        self.create_indexes(model, [self._constraint_spec(model, constraint)])

    def remove_constraint(
        self, model: type[models.Model], constraint: models.BaseConstraint
    ) -> None:
        """Drop the unique index of a UniqueConstraint."""
        self.drop_indexes(model, [self._constraint_spec(model, constraint)])

    def alter_unique_together(
        self,
        model: type[models.Model],
        old_unique_together: Any,
        new_unique_together: Any,
    ) -> None:
        """Create and drop the unique indexes in which the two differ."""
        old = {tuple(names) for names in old_unique_together}
        new = {tuple(names) for names in new_unique_together}
        self.drop_indexes(model, [self._together_spec(model, names) for names in old - new])
        self.create_indexes(model, [self._together_spec(model, names) for names in new - old])

    def _field_specs(self, model: type[models.Model], column: models.Field) -> Iterator[IndexSpec]:
        """Yield the indexes of one field: of the primary key, UNIQUE, or db_index."""
        if getattr(column, "db_collation", None):
            refuse("db_collation: use djongo_engine.indexes.CollationIndex")
        if column.db_comment:
            refuse("a comment on a column")
        if column.primary_key:
            if column.column != "_id":
                yield IndexSpec("__primary_key__", [(column.column, 1)], {"unique": True})
        elif column.unique:
            yield self._unique_spec(model, [column])
        elif column.db_index:
            name = self._create_index_name(model._meta.db_table, [column.column], "")
            yield IndexSpec(name, [(column.column, 1)])

    def _unique_spec(
        self,
        model: type[models.Model],
        columns: list[models.Field],
        name: str | None = None,
    ) -> IndexSpec:
        names = [column.column for column in columns]
        options: dict[str, Any] = {"unique": True}
        nullable = {column.column: {"$type": _NOT_NULL} for column in columns if column.null}
        if nullable:
            options["partialFilterExpression"] = nullable
        name = name or self._create_index_name(model._meta.db_table, names, "_uniq")
        return IndexSpec(name, [(column, 1) for column in names], options)

    def _together_spec(self, model: type[models.Model], names: Iterable[str]) -> IndexSpec:
        columns: list[Any] = [model._meta.get_field(name) for name in names]
        return self._unique_spec(model, columns)

    def _constraint_spec(
        self, model: type[models.Model], constraint: models.BaseConstraint
    ) -> IndexSpec:
        plain = type(constraint) is models.UniqueConstraint and not (
            constraint.condition
            or constraint.deferrable
            or constraint.include
            or constraint.opclasses
            or constraint.expressions
            or constraint.nulls_distinct is not None
        )
        if not plain:
            refuse(f"the constraint {constraint.name} ({type(constraint).__name__})")
        columns: list[Any] = [model._meta.get_field(name) for name in constraint.fields]
        return self._unique_spec(model, columns, constraint.name)

    def _index_spec(self, model: type[models.Model], index: models.Index) -> IndexSpec:
        if index.condition or index.include or index.opclasses or index.expressions:
            refuse(f"the index {index.name}: an expression, a condition or INCLUDE")
        keys = [
            (model._meta.get_field(name).column, -1 if order else 1)
            for name, order in index.fields_orders
        ]
        collation = getattr(index, "collation", None)
        return IndexSpec(index.name, keys, {"collation": collation} if collation else {})

    # Fields

    def add_field(self, model: type[models.Model], field: models.Field) -> None:
        """Write the field's default into every document that lacks it; create its indexes."""
        if field.many_to_many:
            if field.remote_field.through._meta.auto_created:
                self.create_model(field.remote_field.through)
            return
        if field.column is None:
            return
        specs = list(self._field_specs(model, field))
        with translate_errors:
            self._collection(model).update_many(
                {field.column: {"$exists": False}},
                {"$set": {field.column: stored(self.effective_default(field))}},
            )
        self.create_indexes(model, specs)

    def remove_field(self, model: type[models.Model], field: models.Field) -> None:
        """Remove the field from every document, with the indexes that hold it."""
        if field.many_to_many:
            if field.remote_field.through._meta.auto_created:
                self.delete_model(field.remote_field.through)
            return
        if field.column is None:
            return
        with translate_errors:
            for name, _ in self._indexes_on(model, field.column):
                self._collection(model).drop_index(name)
            self._collection(model).update_many({}, {"$unset": {field.column: ""}})

    def alter_field(
        self,
        model: type[models.Model],
        old_field: models.Field,
        new_field: models.Field,
        strict: bool = False,
    ) -> None:
        """Rename the column, fill new NOT NULLs, change the field's indexes.

        Raises NotSupportedError for a change of the stored type, of the primary key, or of a
        many-to-many relation.
        """
        if not self._field_should_be_altered(old_field, new_field):
            return
        old_type, new_type = (f.db_type(self.connection) for f in (old_field, new_field))
        if old_field.many_to_many or new_field.many_to_many:
            refuse(f"a change of the many-to-many relation {new_field.name}")
        if old_field.primary_key != new_field.primary_key:
            refuse(f"a change of the primary key to {new_field.name}")
        if old_type != new_type and (old_type, new_type) not in _WIDENINGS:
            refuse(f"a change of {new_field.name} from {old_type} to {new_type}")
        old_specs = list(self._field_specs(model, old_field))
        new_specs = list(self._field_specs(model, new_field))
        column = new_field.column
        self.drop_indexes(model, [spec for spec in old_specs if spec not in new_specs])
        with translate_errors:
            if old_field.column != column:
                self._rename_column(model, old_field.column, column)
            if old_field.null and not new_field.null:
                default = stored(self.effective_default(new_field))
                self._collection(model).update_many({column: None}, {"$set": {column: default}})
        self.create_indexes(model, new_specs)

    def _rename_column(self, model: type[models.Model], old: str, new: str) -> None:
        """Rename the field in every document, and in the indexes that hold it with others."""
        collection = self._collection(model)
        indexes = list(self._indexes_on(model, old))
        for name, _ in indexes:
            collection.drop_index(name)
        collection.update_many({}, {"$rename": {old: new}})
        for name, index in indexes:
            keys = [(new if column == old else column, order) for column, order in index["key"]]
            options = {
                key: value for key, value in index.items() if key not in ("key", "v", "ns", "name")
            }
            collection.create_index(keys, name=name, **options)

    def _indexes_on(
        self, model: type[models.Model], column: str
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        for name, index in self._collection(model).index_information().items():
            if any(key == column for key, _ in index["key"]):
                yield name, dict(index)

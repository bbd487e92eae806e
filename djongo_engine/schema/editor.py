"""Schema operations on pymongo: each does what it says in MongoDB, or is refused.

MongoDB rolls nothing back. So each operation checks everything that it may refuse before its first
write. One that was cut short, or had ended, comes to the same end when it is run again.
"""

from typing import Any, NoReturn

from django.db import ProgrammingError, models

from djongo_engine.counters import counted_column, create_counter, drop_counter, rename_counter
from djongo_engine.errors import refuse, translate_errors
from djongo_engine.schema.checks import check_model, check_table
from djongo_engine.schema.field_editor import FieldEditor
from djongo_engine.schema.index_specs import model_specs


class DatabaseSchemaEditor(FieldEditor):
    """Creates, changes and drops collections and indexes; djongo went through SQL text."""

    def __init__(self, connection: Any, collect_sql: bool = False, atomic: bool = True) -> None:
        """Refuse `sqlmigrate`, which asks for SQL text in place of the change."""
        if collect_sql:
            refuse("a migration into SQL text (sqlmigrate): see `migrate --plan`")
        super().__init__(connection, collect_sql, atomic)

    def execute(self, sql: Any, params: Any = ()) -> NoReturn:
        """Refuse: SQL text (`RunSQL`) is not translated."""
        refuse("SQL text in a migration")

    def create_model(self, model: type[models.Model]) -> None:
        """Create the collection, its indexes and counter; so for its many-to-many relations.

        Raises ProgrammingError when a collection exists. Whatever fails later takes back
        what was created.
        """
        database = self.connection.database
        new = [model, *self._through_models(model)]
        for each in new:
            check_model(each, self.connection)
        with translate_errors():
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
        if column := counted_column(model):
            create_counter(self.connection.database, model._meta.db_table, column)
        self.create_indexes(model, model_specs(model))

    def _left_behind(self, model: type[models.Model]) -> bool:
        """Tell whether a collection can be what a killed `create_model` left: empty, no other's."""
        collection = self.collection(model)
        specs = list(model_specs(model))
        return collection.find_one({}, {"_id": True}) is None and all(
            any(spec.describes(index) for spec in specs)
            for name, index in collection.index_information().items()
            if name != "_id_"
        )

    def delete_model(self, model: type[models.Model]) -> None:
        """Drop the collection, with those of its automatic many-to-many relations."""
        with translate_errors():
            for each in (*self._through_models(model), model):
                self._drop(each)

    def _drop(self, model: type[models.Model]) -> None:
        self.collection(model).drop()
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
        with translate_errors():
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

"""Migration operations for collections that were there before Django."""

from typing import Any

from django.apps.registry import Apps
from django.db.migrations.operations import CreateModel
from django.db.migrations.state import ProjectState

from djongo_engine.counters import count_on, counted_column
from djongo_engine.errors import translate_errors
from djongo_engine.schema.checks import check_model
from djongo_engine.schema.index_specs import model_specs


class AdoptCollection(CreateModel):
    """CreateModel for a collection that may hold somebody's documents already.

    Forwards it creates the indexes, and the collection if there is none; an auto-increment goes on
    after the highest id. Backwards it drops the indexes and keeps the collection.
    """

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Create what is missing."""
        model = self._model(app_label, to_state.apps)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        tables = schema_editor.connection.introspection.table_names()
        if model._meta.db_table in tables:
            check_model(model, schema_editor.connection)
            schema_editor.create_indexes(model, model_specs(model))
            if column := counted_column(model):
                with translate_errors():
                    count_on(schema_editor.connection.database, model._meta.db_table, column)
        else:
            schema_editor.create_model(model)

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Drop the model's indexes alone."""
        model = self._model(app_label, from_state.apps)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            schema_editor.drop_indexes(model, model_specs(model))

    def _model(self, app_label: str, apps: Apps) -> Any:
        return apps.get_model(app_label, self.name)

    def describe(self) -> str:
        """Return what `migrate --plan` shows."""
        return f"Adopt or create the collection of model {self.name}"

"""The DatabaseWrapper: djongo's, with a client that stays open and the engine's compilers."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from djongo import base
from pymongo.errors import PyMongoError

from djongo_engine import commented, dbapi
from djongo_engine.client import client_for, client_options
from djongo_engine.creation import DatabaseCreation
from djongo_engine.cursor import Cursor
from djongo_engine.errors import as_django_error
from djongo_engine.features import DatabaseFeatures
from djongo_engine.fields import mend_fields
from djongo_engine.operations import DatabaseOperations
from djongo_engine.schema.editor import DatabaseSchemaEditor
from djongo_engine.schema.introspection import DatabaseIntrospection
from djongo_engine.shell import DatabaseClient

mend_fields()


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection to one MongoDB database.

    Settings: NAME is the database, CLIENT holds the arguments of `pymongo.MongoClient`.
    """

    display_name = "MongoDB (djongo)"
    # djongo lacks two of Django's integer fields.
    data_types = {
        **base.DatabaseWrapper.data_types,
        "PositiveBigIntegerField": "long",
        "SmallAutoField": "int",
    }

    Database = dbapi
    client_class = DatabaseClient
    SchemaEditorClass = DatabaseSchemaEditor
    creation_class = DatabaseCreation
    features_class = DatabaseFeatures
    introspection_class = DatabaseIntrospection
    ops_class = DatabaseOperations

    connection: commented.Database
    _collections: dict[str, commented.Collection]

    @property
    def database(self) -> commented.Database:
        """The pymongo database, connected on first use."""
        self.ensure_connection()
        return self.connection

    @contextmanager
    def patient(self, seconds: float) -> Iterator[None]:
        """Within, a command may take so many seconds, by a client of its own.

        For what takes longer than a request may. pymongo's `timeout()` is not for that: until it
        runs out pymongo repeats what fails without a pause, thousands of times a second.
        """
        impatient = self.database, self._collections
        options = {**client_options(self.settings_dict), "socketTimeoutMS": round(seconds * 1000)}
        self.connection = commented.Database(client_for(options), self.connection.name)
        self._collections = {}
        try:
            yield
        finally:
            self.connection, self._collections = impatient

    def collection(self, name: str) -> commented.Collection:
        """Return the pymongo collection of that name, which a connection makes once."""
        database = self.database
        try:
            return self._collections[name]
        except KeyError:
            return self._collections.setdefault(name, database[name])

    def get_new_connection(self, conn_params: dict[str, Any]) -> commented.Database:
        """Return the database of the process's one client.

        Raises ImproperlyConfigured when the settings name no server, or pymongo refuses an
        option, for instance a certificate's file that does not exist.
        """
        options = client_options(self.settings_dict)
        self._collections = {}
        try:
            # Not by translate_errors, which the breaker goes by: its trial, in a thread of its own,
            # has to connect while commands are refused.
            return commented.Database(client_for(options), conn_params["name"])
        except PyMongoError as why:
            raise as_django_error(why) from why
        except (OSError, ValueError) as why:
            raise ImproperlyConfigured(f"MongoDB cannot be connected to: {why}") from why

    def create_cursor(self, name: str | None = None) -> Cursor:
        """Return a cursor that refuses SQL text, which djongo's would translate."""
        return Cursor(self.database)

    # Django's base class has backends override these.

    def _close(self) -> None:
        """Do nothing. djongo closes the client, which pymongo 4 never opens again."""

    def _rollback(self) -> None:
        """Do nothing, as nothing can be rolled back. djongo raises an error."""

    def _savepoint(self, sid: str) -> None:
        """Do nothing. Django sends SQL text here and in the two below."""

    def _savepoint_rollback(self, sid: str) -> None:
        """Do nothing, as nothing can be rolled back."""

    def _savepoint_commit(self, sid: str) -> None:
        """Do nothing, as everything is committed already."""

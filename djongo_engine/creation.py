"""Test databases: MongoDB makes a database when it is first written to."""

from typing import Any

from django.db.backends.base.creation import BaseDatabaseCreation

from djongo_engine.client import client_for, client_options
from djongo_engine.errors import translate_errors


class DatabaseCreation(BaseDatabaseCreation):
    """Makes and drops test databases through pymongo; djongo uses SQL and mongodump.

    Django's base class has backends override these.
    """

    def _create_test_db(self, verbosity: int, autoclobber: bool, keepdb: bool = False) -> str:
        settings: dict[str, Any] = self.connection.settings_dict
        name: str = settings["TEST"]["NAME"] or f"test_{settings['NAME']}"
        if not keepdb:
            self._destroy_test_db(name, verbosity)
        return name

    def _destroy_test_db(self, test_database_name: str, verbosity: int) -> None:
        options = client_options(self.connection.settings_dict)
        with translate_errors():
            client_for(options).drop_database(test_database_name)

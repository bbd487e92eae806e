"""`migrate`, safe to run side by side."""

from typing import Any

from django.core.management.commands import migrate
from django.db import connections

from djongo_engine.lock import database_lock


class Command(migrate.Command):
    """Django's migrate, one at a time on a MongoDB database.

    Django leaves this to the database's transactions, which there are none of here.
    """

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate while holding the database's `migrate` lock."""
        connection: Any = connections[options["database"]]
        if connection.vendor != "djongo":
            super().handle(*args, **options)
            return

        def say_who(holder: str) -> None:
            self.stdout.write(f"Waiting for {holder}, which is migrating this database.")

        with database_lock(connection.database, "migrate", say_who):
            super().handle(*args, **options)

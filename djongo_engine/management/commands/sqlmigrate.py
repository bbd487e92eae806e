"""`sqlmigrate`, which a database of the engine has no text for."""

from typing import Any

from django.core.management import CommandError
from django.core.management.commands import sqlmigrate
from django.db import connections


class Command(sqlmigrate.Command):
    """Django's sqlmigrate, for databases that take SQL."""

    def handle(self, *args: Any, **options: Any) -> str | None:
        """Print the SQL of a migration. Raises CommandError for a database of the engine."""
        if connections[options["database"]].vendor == "djongo":
            raise CommandError("A migration of MongoDB is no SQL text: see `migrate --plan`.")
        return super().handle(*args, **options)

"""`migrate`, which several hosts may run at once, and which goes on after a failure."""

from typing import Any

from django.core.management.base import CommandParser
from django.core.management.commands import migrate
from django.db import connections
from django.db.migrations import Migration

from djongo_engine.client import DAY_SECONDS
from djongo_engine.schema.journal import Journal
from djongo_engine.schema.lock import database_lock


class Command(migrate.Command):
    """Django's migrate. One runs at a time on a database, and goes on where the last one stopped.

    Django leaves both to transactions, which the engine does not have.
    """

    journal: Journal | None = None

    def add_arguments(self, parser: CommandParser) -> None:
        """Add Django's, and examples."""
        super().add_arguments(parser)
        parser.epilog = "Examples: manage.py migrate; manage.py migrate --plan; migrate APP zero."

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate while holding the database's `migrate` lock."""
        connection: Any = connections[options["database"]]
        if connection.vendor != "djongo":
            super().handle(*args, **options)
            return

        def say_who(holder: str) -> None:
            self.stdout.write(f"Waiting for {holder}, which is migrating this database.")

        with (
            # The lock is renewed by the client whose commands end soon.
            database_lock(connection.database, "migrate", say_who) as still_alone,
            # An index over much data takes longer than a request may.
            connection.patient(DAY_SECONDS),
        ):
            self.journal = Journal(connection, still_alone)
            self.journal.forget_ended()
            super().handle(*args, **options)
            self._say_what_is_unfinished(self.journal)

    def migration_progress_callback(
        self, action: str, migration: Migration | None = None, fake: bool = False
    ) -> None:
        """Let the journal follow what Django announces."""
        going_on = []
        if self.journal and migration and not fake and action in ("apply_start", "unapply_start"):
            going_on = self.journal.begin(migration, backwards=action == "unapply_start")
        super().migration_progress_callback(action, migration, fake)
        if going_on and self.verbosity >= 1:
            self.stdout.write(f" (in effect: its first {len(going_on)} operations)", ending="")
        if self.journal and migration and action in ("apply_success", "unapply_success"):
            self.journal.end(migration)

    def _say_what_is_unfinished(self, journal: Journal) -> None:
        for entry in journal.unfinished() if self.verbosity >= 1 else []:
            state = "undone" if entry["backwards"] else "applied"
            self.stdout.write(self.style.NOTICE(f"{entry['_id']} is still half {state}."))

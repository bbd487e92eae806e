"""How far each migration got, so that one that stopped midway goes on from there.

MongoDB rolls no migration back.
"""

import copy
import hashlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from django.core.management import CommandError
from django.db import Error
from django.db.migrations import Migration
from django.db.migrations.operations import SeparateDatabaseAndState
from django.db.migrations.operations.base import Operation
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.writer import OperationWriter
from pymongo.collection import Collection

from djongo_engine.errors import translate_errors

JOURNAL = "__migrations__"

Entry = dict[str, Any]


class Journal:
    """The unfinished migrations, each with the operations that are in effect.

    Those are always its first ones. Forwards their number grows, backwards it shrinks.
    """

    def __init__(self, connection: Any, still_alone: Callable[[], None]) -> None:
        """Take the connection, and a function that raises once another process may be migrating."""
        self.connection = connection
        self.still_alone = still_alone
        self.entries: Collection[Entry] = connection.database[JOURNAL]

    def forget_ended(self) -> None:
        """Delete the entries of migrations that ended just before a kill."""
        recorded = {
            ".".join(key) for key in MigrationRecorder(self.connection).applied_migrations()
        }
        for entry in self.unfinished():
            if (entry["_id"] in recorded) != entry["backwards"]:
                self.entries.delete_one({"_id": entry["_id"]})

    def unfinished(self) -> list[Entry]:
        """Return the entries, in the order of their names."""
        with translate_errors():
            return list(self.entries.find().sort("_id"))

    def begin(self, migration: Migration, backwards: bool) -> list[Entry]:
        """Have a migration note each of its operations; return those that are in effect already.

        Raises CommandError if one of those was changed, or if a migration in the other direction
        is unfinished.
        """
        entry: Entry = {"_id": str(migration), "backwards": backwards}
        for other in self.unfinished():
            if other["backwards"] != backwards:
                raise CommandError(
                    f"{other['_id']} is half {'undone' if other['backwards'] else 'applied'}: end "
                    "that first, in the same direction."
                )
            if other["_id"] == entry["_id"]:
                entry = other
        operations = [_record(operation) for operation in _leaves(migration.operations)]
        goes_on = "operations" in entry
        if goes_on:
            _check_unchanged(entry, operations)
        else:
            entry["operations"] = operations if backwards else []
            entry["total"] = len(operations)
        numbers = iter(range(len(operations)))
        # The instance's own list; Django gave it a copy of its class's.
        migration.operations = [  # type: ignore[misc]
            self._noted(operation, entry, operations, numbers) for operation in migration.operations
        ]
        return entry["operations"] if goes_on else []

    def end(self, migration: Migration) -> None:
        """Forget a migration that Django has recorded as applied or unapplied."""
        with translate_errors():
            self.entries.delete_one({"_id": str(migration)})

    def _noted(
        self,
        operation: Operation,
        entry: Entry,
        operations: list[Entry],
        numbers: Iterator[int],
    ) -> Operation:
        """Return the operation, made to run only if it has not, and to note that it did."""
        noted = copy.copy(operation)
        if isinstance(noted, SeparateDatabaseAndState):
            noted.database_operations = [
                self._noted(inner, entry, operations, numbers)
                for inner in noted.database_operations
            ]
            return noted
        method = "database_backwards" if entry["backwards"] else "database_forwards"
        run = partial(self._run, getattr(operation, method), entry, operations, next(numbers))
        setattr(noted, method, run)
        return noted

    def _run(
        self,
        run: Callable[..., None],
        entry: Entry,
        operations: list[Entry],
        number: int,
        *args: Any,
    ) -> None:
        if (number < len(entry["operations"])) != entry["backwards"]:
            return
        try:
            self.still_alone()
            with translate_errors():
                run(*args)
                # A process that took the lock meanwhile has notes of its own.
                self.still_alone()
                done = number if entry["backwards"] else number + 1
                noted = {**entry, "operations": operations[:done]}
                self.entries.replace_one({"_id": entry["_id"]}, noted, upsert=True)
        except Error as error:
            raise CommandError(_stopped(entry, operations, number, error)) from error
        except Exception as error:
            error.add_note(_stopped(entry, operations, number, type(error).__name__))
            raise
        entry.update(noted)


def _leaves(operations: Iterable[Operation]) -> Iterator[Operation]:
    for operation in operations:
        if isinstance(operation, SeparateDatabaseAndState):
            yield from _leaves(operation.database_operations)
        else:
            yield operation


def _record(operation: Operation) -> Entry:
    """Return what an operation is recognised by: its description and a digest of its source."""
    try:
        source, _ = OperationWriter(operation).serialize()
    except ValueError:
        # A RunPython with a lambda, for instance, has no source to write.
        source = repr(type(operation))
    return {
        "description": operation.describe(),
        "digest": hashlib.sha256(source.encode()).hexdigest(),
    }


def _check_unchanged(entry: Entry, operations: list[Entry]) -> None:
    """Raise CommandError if an operation was changed that may not be.

    Forwards, the operations after those in effect may be changed. Backwards, the one that stopped
    the migration may be replaced.
    """
    kept = entry["operations"][: -1 if entry["backwards"] else None]
    same_number = not entry["backwards"] or len(operations) == entry["total"]
    if operations[: len(kept)] != kept or not same_number:
        raise CommandError(
            f"{entry['_id']} was changed in what was done already. Its first operations must "
            f"stay: {_listed(kept)}. "
            + ("The next may be replaced." if entry["backwards"] else "What follows may change.")
        )


def _listed(operations: list[Entry]) -> str:
    numbered = [f"{number}. {entry['description']}" for number, entry in enumerate(operations, 1)]
    return "; ".join(numbered) or "none"


def _stopped(entry: Entry, operations: list[Entry], number: int, error: object) -> str:
    backwards = entry["backwards"]
    return (
        f"{entry['_id']} stopped at its operation {number + 1}. "
        f"{operations[number]['description']}: {error}\n"
        f"Of its operations {'still' if backwards else 'already'} applied: "
        f"{_listed(entry['operations'])}. "
        "Mend the cause and run the same command again: it goes on with this operation."
    )

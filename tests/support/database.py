"""The databases of a run: migrated once, and emptied after each test that wrote to them."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from pymongo import monitoring
from pymongo.collection import Collection

from djongo_engine import client as clients
from items.models import Item

# What `migrate` writes.
KEPT = {"django_migrations", "django_content_type", "auth_permission"}


class Writes(monitoring.CommandListener):
    """The collections that this process has written to, and those of them it has changed."""

    CHANGES = {"update", "findAndModify"}
    COMMANDS = {*CHANGES, "insert", "create", "aggregate"}

    def __init__(self) -> None:
        self.collections: set[str] = set()
        self.changed: set[str] = set()

    def started(self, event) -> None:
        if event.command_name in self.COMMANDS:
            self.collections.add(str(event.command[event.command_name]))
        if event.command_name in self.CHANGES:
            self.changed.add(str(event.command[event.command_name]))

    def succeeded(self, event) -> None: ...

    def failed(self, event) -> None: ...


_writes = Writes()
# Every client that is made from here on reports to it.
monitoring.register(_writes)


@pytest.fixture(scope="session", autouse=True)
def database(django_db_blocker, worker_id) -> Iterator[None]:
    """A database of this worker's own, migrated once, and SQLite; dropped at the end.

    pytest-django's own fixtures flush between tests, which costs half a second on MongoDB.
    """
    name = f"test_{settings.MONGO_DB}_{worker_id}"
    connection.settings_dict["NAME"] = name
    django_db_blocker.unblock()
    connection.close()
    connection.database.client.drop_database(name)
    for alias in ("default", "sqlite"):
        call_command("migrate", verbosity=0, run_syncdb=True, database=alias)
    yield
    connection.database.client.drop_database(name)
    for used in clients._clients.values():
        used.close()  # Python 3.13 warns of a client that is left open


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    """Leave no document behind. Only what was written to is emptied: that takes milliseconds."""
    yield
    for name in _writes.collections - KEPT:
        if not name.startswith("__"):
            with connection.patient(60):
                empty(connection.database[name])
        _writes.collections.discard(name)


def empty(collection: Collection) -> None:
    """Delete every document; make the unique indexes anew if any document was changed.

    Otherwise SecantusDB's Rust server refuses a value that a document had before its change.
    """
    collection.delete_many({})
    if collection.name in _writes.changed:
        unique = [index for index in collection.list_indexes() if index.get("unique")]
        for index in unique:
            collection.drop_index(index["name"])
        if unique:
            collection.database.command("createIndexes", collection.name, indexes=unique)
        _writes.changed.discard(collection.name)


def store(documents: list[dict]) -> None:
    """Insert items as the original does. Many take longer than a request may."""
    with connection.patient(60):
        Item.objects.mongo_insert_many(documents)


@pytest.fixture
def empty_database(database):
    """A database that nobody has written to."""
    name = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = f"{name}_empty"
    connection.database.client.drop_database(f"{name}_empty")
    yield connection.database
    connection.database.client.drop_database(f"{name}_empty")
    connection.close()
    connection.settings_dict["NAME"] = name


@pytest.fixture
def sqlite():
    """The connection to SQLite."""
    return connections["sqlite"]

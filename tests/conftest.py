"""Fixtures: a migrated database for the run, emptied after each test that used it."""

import base64
import logging
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import hypothesis
import pymongo
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from pymongo import monitoring
from pymongo.collection import Collection
from pymongo.database import Database
from rest_framework.test import APIClient

from accounts import failed_logins
from accounts.models import User
from accounts.service_user import seed_service_user
from accounts.stored_secrets import stored_secrets
from djongo_engine import client as clients
from fastapi_mongo_site.local.embedded_mongo import EmbeddedMongo
from items.models import Item
from tests.engine.probes import summary
from tests.support import leaks
from tests.support.service import Service

# The suite makes the same examples in every run; `make probes` makes many, and others each time.
OPTIONS = {
    "deadline": None,
    "database": None,
    "suppress_health_check": list(hypothesis.HealthCheck),
}
hypothesis.settings.register_profile("suite", derandomize=True, max_examples=40, **OPTIONS)
hypothesis.settings.register_profile("probes", max_examples=2000, print_blob=True, **OPTIONS)
hypothesis.settings.load_profile("suite")


class Commands(monitoring.CommandListener):
    """The names of the commands on one collection, noted while `seen` is a list."""

    collection: str
    seen: list[str] | None = None

    def started(self, event):
        if self.seen is not None and event.command.get(event.command_name) == self.collection:
            self.seen.append(event.command_name)

    def succeeded(self, event):
        """Only what was sent counts."""

    def failed(self, event):
        """As above."""


_commands = Commands()
# For every client that is made from here on.
monitoring.register(_commands)


@contextmanager
def commands(collection: str = "items") -> Iterator[list[str]]:
    """The names of the commands on a collection that MongoDB is sent while the block runs."""
    _commands.collection = collection
    _commands.seen = sent = []
    try:
        yield sent
    finally:
        _commands.seen = None


KEPT = {"django_migrations", "django_content_type", "auth_permission"}


class Writes(monitoring.CommandListener):
    """Knows the collections of this process's database that were written to, and changed."""

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


writes = Writes()
monitoring.register(writes)


def empty(collection: Collection) -> None:
    """Delete every document; make the unique indexes anew if any document was changed.

    SecantusDB's Rust server else refuses to insert a value that a document had before its change.
    """
    collection.delete_many({})
    if collection.name in writes.changed:
        unique = [index for index in collection.list_indexes() if index.get("unique")]
        for index in unique:
            collection.drop_index(index["name"])
        if unique:
            collection.database.command("createIndexes", collection.name, indexes=unique)
        writes.changed.discard(collection.name)


@pytest.fixture(scope="session", autouse=True)
def database(django_db_blocker, worker_id) -> Iterator[None]:
    """A database of this worker's own, migrated once; both databases are dropped at the end.

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
        used.close()  # or Python 3.13 warns of each at the end


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    """Leave no document behind; emptying only what was written keeps a test in milliseconds."""
    yield
    stored_secrets.forget()
    for name in writes.collections - KEPT:
        if not name.startswith("__"):
            with pymongo.timeout(60):
                empty(connection.database[name])
        writes.collections.discard(name)


@pytest.fixture(scope="session", autouse=True)
def no_password_in_any_log() -> Iterator[None]:
    """Fails the run when a log of it, or what a service printed, holds a password it used."""
    leaks.PASSWORDS.add(settings.SECRETS["service_pwd"].value)
    # Failed logins are told at the end, and not while pytest has no place for a line.
    failed_logins.SUM_SECONDS = 24 * 60 * 60
    collector = leaks.Collector()
    logging.getLogger().addHandler(collector)
    yield
    failed_logins.failed_logins.tell()
    logging.getLogger().removeHandler(collector)
    assert leaks.leaked(leaks.TEXTS) == []


def store(documents: list[dict]) -> None:
    """Insert items as the original does; many take longer than a request may."""
    with pymongo.timeout(60):
        Item.objects.mongo_insert_many(documents)


@pytest.fixture(scope="session")
def seeded(database) -> dict:
    """The service user as it is stored."""
    seed_service_user(settings.SERVICE_USER, settings.SECRETS["service_pwd"].value)
    users = connection.database[User._meta.db_table]
    stored = users.find_one_and_delete({"username": settings.SERVICE_USER})
    assert stored is not None
    return stored


@pytest.fixture
def service_user(seeded) -> str:
    """The seeded service user's name."""
    connection.database[User._meta.db_table].insert_one(dict(seeded))
    return settings.SERVICE_USER


@pytest.fixture(scope="session")
def service_database(worker_id) -> Iterator[Database]:
    """The database of `service`."""
    name = f"test_service_{worker_id}"
    with pymongo.MongoClient(os.environ["MONGO_URL"]) as client:
        client.drop_database(name)
        yield client[name]
        client.drop_database(name)


@pytest.fixture(scope="session")
def service(service_database) -> Iterator[Service]:
    """The service as a process, for tests that need no other."""
    environ = {"MONGO_URL": os.environ["MONGO_URL"], "MONGO_DB": service_database.name}
    with Service("serve", WORKERS="1", **environ) as running:
        running.wait_until_up()
        yield running


@pytest.fixture(scope="module")
def mongodb(tmp_path_factory) -> Iterator[EmbeddedMongo]:
    """A MongoDB of a module's own, which its tests may kill."""
    server = EmbeddedMongo(tmp_path_factory.mktemp("mongodb"))
    server.start()
    yield server
    server.stop()


def basic(username: str, password: str) -> str:
    """The value of an Authorization header."""
    leaks.PASSWORDS.add(password)
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


@pytest.fixture
def client() -> APIClient:
    """A client without credentials."""
    return APIClient()


@pytest.fixture
def auth_client(service_user) -> APIClient:
    """A client with the service user's credentials."""
    client = APIClient()
    client.credentials(
        HTTP_AUTHORIZATION=basic(service_user, settings.SECRETS["service_pwd"].value)
    )
    return client


@pytest.fixture
def sqlite():
    """The connection to SQLite."""
    return connections["sqlite"]


def pytest_terminal_summary(terminalreporter) -> None:
    """Print how many probes the engine answered as SQLite did, over all workers."""
    counts: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if name == "probes" and report.when == "call":
                    counts.update(value)
    if counts:
        terminalreporter.write_line(summary(counts))

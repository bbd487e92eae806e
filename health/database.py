"""Whether MongoDB serves, which a read of a document alone tells.

With its storage gone behind a gateway that lives, MongoDB answers `ping` and nothing else.
"""

from functools import cache
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from djongo_engine.errors import time_limit, translate_errors
from djongo_engine.reads import find_documents, read_once

MANY = 10_000
"""More migrations than a project has."""


def check() -> None:
    """Read a document. Raises django.db.Error when MongoDB does not give one in time."""
    database: Any = connection
    with translate_errors():
        read_once(database.database, settings.HEALTH_TIMEOUT_MS / 1000)


def missing_migrations() -> set[tuple[str, str]]:
    """Return app and name of each migration that is not applied. Raises django.db.Error."""
    database: Any = connection
    collection = database.collection(MigrationRecorder.Migration._meta.db_table)
    with time_limit(settings.HEALTH_TIMEOUT_MS / 1000):
        applied = find_documents(collection, {}, {"_id": 0, "app": 1, "name": 1}, MANY)
    return set(_wanted() - {(entry["app"], entry["name"]) for entry in applied})


@cache
def _wanted() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).graph.nodes)

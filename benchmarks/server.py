"""A configured Django over a MongoDB database that is thrown away afterwards."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django
from pymongo import MongoClient

from fastapi_mongo_site.local.embedded_mongo import EmbeddedMongo


@contextmanager
def embedded_mongo() -> Iterator[EmbeddedMongo]:
    """Run an embedded server over a temporary directory."""
    directory = Path(tempfile.mkdtemp(prefix="mongodb-for-benchmarks-"))
    server = EmbeddedMongo(directory)
    server.start()
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(directory)


def set_up_django(mongo_url: str, **environ: str) -> None:
    """Configure Django for a server, with a database of its own and these variables."""
    os.environ.update(
        {
            "DJANGO_SETTINGS_MODULE": "fastapi_mongo_site.settings",
            "MONGO_URL": mongo_url,
            "MONGO_DB": f"benchmark_{secrets.token_hex(4)}",
            "SECRET_KEY": secrets.token_urlsafe(50),
            "SERVICE_PWD": secrets.token_urlsafe(),
            **environ,
        }
    )
    django.setup()


def database_process(client: MongoClient) -> list[int]:
    """Return the process of a server on this machine; nothing where it runs on another."""
    if client.address and client.address[0] in ("127.0.0.1", "localhost", "::1"):
        return [client.admin.command("serverStatus")["pid"]]
    return []

"""A database full of items for a measurement, at MONGO_URL or on an embedded server."""

import base64
import os
import random
import secrets
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django

from fastapi_mongo_site.local.embedded_mongo import EmbeddedMongo

CONFIGURATION = {
    "NAME": "Items",
    "MONGO_DB": "bench_items",
    "MONGO_TIMEOUT_MS": "600000",
    "SERVICE_USER": "bench",
    "SERVICE_PWD": secrets.token_urlsafe(),
    "SECRET_KEY": secrets.token_urlsafe(50),
}
AUTHORIZATION = (
    "Basic "
    + base64.b64encode(
        f"{CONFIGURATION['SERVICE_USER']}:{CONFIGURATION['SERVICE_PWD']}".encode()
    ).decode()
)
BATCH = 5000


@contextmanager
def stock(size: int) -> Iterator[None]:
    """Configure Django, fill a database with `size` items, and drop it at the end."""
    os.environ.update(CONFIGURATION)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fastapi_mongo_site.settings")
    with tempfile.TemporaryDirectory(prefix="mongodb-for-benchmarks-") as directory:
        server = None
        if not os.environ.get("MONGO_URL"):
            server = EmbeddedMongo(Path(directory))
            server.start()
            os.environ["MONGO_URL"] = server.url
        django.setup()
        from django.core.management import call_command

        from items.models import Item

        collection = Item.objects.collection
        try:
            # A run that was killed has left it.
            collection.database.client.drop_database(CONFIGURATION["MONGO_DB"])
            call_command("migrate", verbosity=0)
            fill(collection, size)
            yield
        finally:
            collection.database.client.drop_database(CONFIGURATION["MONGO_DB"])
            if server:
                server.stop()


def fill(collection: Any, size: int) -> None:
    """Insert items, the same ones every time."""
    chance = random.Random(7)
    for start in range(0, size, BATCH):
        collection.insert_many([item(chance) for _ in range(min(BATCH, size - start))])


def item(chance: random.Random) -> dict[str, Any]:
    """Return a document with a name, a count and a price that others have too."""
    return {
        "_id": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
        "name": f"Item {chance.randrange(50_000)}",
        "category": chance.choice(["tools", "consumables"]),
        "count": chance.randrange(1000),
        "price": chance.randrange(1, 1_000_000) / 100,
    }

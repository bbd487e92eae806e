"""`make bench-walk [SIZE=100000]`: follow `next` through all items while threads write."""

import os
import random
import re
import sys
import threading
import uuid
from typing import Any

from benchmarks.stock import item, stock

SIZE = int(os.environ.get("SIZE", 100_000))
WRITERS = 2


def main() -> None:
    """Walk each ordering; exit with 1 unless every item that stayed was seen exactly once."""
    from django.conf import settings
    from rest_framework.test import APIClient

    from accounts.models import User
    from items.models import Item

    settings.ALLOWED_HOSTS = ["testserver"]
    client = APIClient()
    client.force_authenticate(user=User(username="bench"))
    for ordering in ("id", "name", "-price", "count"):
        before = {document["_id"] for document in Item.objects.mongo_find({}, ["_id"])}
        deleted: set[str] = set()
        stop = threading.Event()
        writers = [
            threading.Thread(target=write, args=(seed, sorted(before), deleted, stop), daemon=True)
            for seed in range(WRITERS)
        ]
        for writer in writers:
            writer.start()
        seen = list(walk(client, f"/v1/items?ordering={ordering}&limit=1000"))
        stop.set()
        for writer in writers:
            writer.join()
        stayed = before - deleted
        missed, repeated = stayed - set(seen), len(seen) - len(set(seen))
        print(
            f"{ordering}: {len(stayed)} stayed, {len(deleted)} were deleted; "
            f"{len(seen)} seen, {len(missed)} missed, {repeated} repeated",
            flush=True,
        )
        if missed or repeated:
            sys.exit(1)


def walk(client: Any, url: str | None) -> Any:
    """Yield the ids of all pages."""
    while url:
        response = client.get(url)
        yield from (entry["id"] for entry in response.json())
        link = re.match("<(.+?)>", response.get("Link", ""))
        url = link and link[1]


def write(seed: int, ids: list[str], deleted: set[str], stop: threading.Event) -> None:
    """Insert items and delete some of these ids, until told to stop."""
    from items.models import Item

    chance = random.Random(seed)
    while not stop.is_set():
        Item.objects.mongo_insert_one({**item(chance), "_id": str(uuid.uuid4())})
        gone = chance.choice(ids)
        # Noted before the deletion: from here on a page may have the item or not.
        deleted.add(gone)
        Item.objects.mongo_delete_one({"_id": gone})


if __name__ == "__main__":
    with stock(SIZE):
        main()

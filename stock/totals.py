"""How many items, pieces and how much value there are in each category, a minute old at most."""

import threading
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from djongo_engine.errors import time_limit
from djongo_engine.reads import run
from items.models import Category, Item

FRESH_SECONDS = 60.0
BAR_WIDTH = 240

PIPELINE = [
    {
        "$group": {
            "_id": "$category",
            "items": {"$sum": 1},
            "pieces": {"$sum": "$count"},
            "value": {"$sum": {"$multiply": ["$count", "$price"]}},
        }
    }
]


@dataclass(frozen=True)
class Totals:
    """A row for each category, one for all, and when that was so."""

    rows: list[dict[str, Any]]
    all: dict[str, Any]
    at: datetime


_lock = threading.Lock()
_kept: tuple[float, Totals] | None = None


def totals() -> Totals:
    """Return the totals, which one thread at a time reads. Raises TimeLimitExceeded."""
    global _kept
    with _lock:
        if _kept is None or time.monotonic() - _kept[0] > FRESH_SECONDS:
            _kept = time.monotonic(), _read()
        return _kept[1]


def _read() -> Totals:
    collection = Item.objects.collection
    command = {"aggregate": collection.name, "pipeline": PIPELINE, "cursor": {}}
    with time_limit(settings.MONGO_SEARCH_TIMEOUT_MS / 1000):
        found = run(collection.database.command, collection, command)["cursor"]["firstBatch"]
    by_category = {entry["_id"]: entry for entry in found}
    none = {"items": 0, "pieces": 0, "value": 0.0}
    rows = [
        {"category": category.value, **none, **by_category.get(category.value, {})}
        for category in Category
    ]
    most = max(row["value"] for row in rows) or 1
    for row in rows:
        row["width"] = round(BAR_WIDTH * row["value"] / most)
        row["value"] = round(row["value"], 2)
    total = {name: round(sum(row[name] for row in rows), 2) for name in none}
    return Totals(rows, total, timezone.now())

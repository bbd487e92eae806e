"""How many items, pieces and how much value there are in each category, a minute old at most."""

import threading
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import OperationalError
from django.utils import timezone

from djongo_engine.errors import TimeLimitExceeded, time_limit
from djongo_engine.reads import run
from items.limits import MAX_COUNT, PRICE_LIMIT_EURO
from items.models import Category, Item

FRESH_SECONDS = 60.0
BAR_WIDTH = 240

NUMBERS = ["int", "long", "double"]


def _keeps(field: str, greatest: float) -> dict[str, Any]:
    """Return whether a field is a number within its limits, which NaN is not."""
    number = {"$in": [{"$type": f"${field}"}, NUMBERS]}
    return {"$and": [number, {"$gte": [f"${field}", 0]}, {"$lte": [f"${field}", greatest]}]}


COUNTED, PRICED = _keeps("count", MAX_COUNT), _keeps("price", PRICE_LIMIT_EURO)
# A stored document may hold anything, by which MongoDB does not multiply or Python does not round.
PIPELINE = [
    {
        "$group": {
            "_id": {"$cond": [{"$in": ["$category", Category.values]}, "$category", None]},
            "items": {"$sum": 1},
            "pieces": {"$sum": {"$cond": [COUNTED, "$count", 0]}},
            "value": {
                "$sum": {
                    "$cond": [
                        {"$and": [COUNTED, PRICED]},
                        {"$multiply": ["$count", "$price"]},
                        0,
                    ]
                }
            },
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
_kept: tuple[float, Totals | OperationalError] | None = None


def totals() -> Totals:
    """Return the totals, which one thread at a time reads; the others wait for what it finds.

    Raises TimeLimitExceeded, which stays for as long as totals do, and other OperationalErrors,
    which only those see who asked before.
    """
    global _kept
    asked = time.monotonic()
    with _lock:
        if _kept is None or not _holds(*_kept, asked):
            try:
                found: Totals | OperationalError = _read()
            except OperationalError as error:
                found = error
            _kept = time.monotonic(), found
        found = _kept[1]
    if isinstance(found, OperationalError):
        raise found.with_traceback(None)
    return found


def _holds(at: float, found: Totals | OperationalError, asked: float) -> bool:
    """Tell whether what was found at a time answers who asked at another."""
    if isinstance(found, (Totals, TimeLimitExceeded)):
        return time.monotonic() - at <= FRESH_SECONDS
    return at > asked


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

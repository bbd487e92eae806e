"""Changes of a count, and the idempotency keys of those that were made.

What is kept of an adjustment with a key is an entry in the item's own document, so that one
atomic update both makes the change and remembers it: `adjustments` holds `key`, `hash` (of the
request), `at`, `changed` (whether the count allowed it), and the item's fields as they were then.
The clock is the database's, one for all workers. The reasons are in
docs/decisions/idempotency-keys-live-in-the-item.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import orjson

MAX_COUNT = 2**31 - 1
MAX_KEYS = 1_000
KEEP_MS = 24 * 60 * 60 * 1000

Expression = Mapping[str, Any]


@dataclass(frozen=True)
class Adjustment:
    """An adjustment with a key: the item as it was then, and whether the count changed."""

    item: dict[str, Any]
    changed: bool
    request_hash: bytes
    replayed: bool


def request_hash(delta: int) -> bytes:
    """Return the hash by which a repeated request is known: of its canonical body."""
    return blake2b(orjson.dumps({"delta": delta}), digest_size=16).digest()


def _allowed(delta: int) -> Expression:
    """Whether the count is a whole number within its limits, before and after.

    MongoDB orders values of other types outside of the numbers; NaN is below them all.
    """
    whole = {"$convert": {"input": "$count", "to": "long", "onError": None, "onNull": None}}
    return {
        "$and": [
            {"$gte": ["$count", max(0, -delta)]},
            {"$lte": ["$count", MAX_COUNT - max(0, delta)]},
            {"$eq": ["$count", whole]},
        ]
    }


def _adjusted(delta: int) -> Expression:
    return {"$cond": [_allowed(delta), {"$add": ["$count", delta]}, "$count"]}


def adjust_update(delta: int) -> list[Expression]:
    """Return the update that adds `delta` to the count where the limits allow it."""
    return [{"$set": {"count": _adjusted(delta)}}]


_EXPIRY = {"$subtract": [{"$toLong": "$$NOW"}, KEEP_MS]}
# As numbers: the embedded server does not compare $$NOW with a stored date.
_LIVE = {
    "$filter": {
        "input": {"$cond": [{"$isArray": ["$adjustments"]}, "$adjustments", []]},
        "cond": {"$gt": [{"$toLong": "$$this.at"}, _EXPIRY]},
    }
}


def adjust_once_update(delta: int, key: str) -> list[Expression]:
    """Return the update that does the same once a key; it also drops the expired entries.

    It changes nothing when the key is there, or when the item has no room for another.
    """
    entry = {
        "key": {"$literal": key},
        "hash": request_hash(delta),
        "at": "$$NOW",
        "changed": _allowed(delta),
        "name": "$name",
        "category": "$category",
        "count": _adjusted(delta),
        "price": "$price",
    }
    keys = {"$map": {"input": "$$live", "in": "$$this.key"}}
    is_new = {
        "$and": [
            {"$lt": [{"$size": "$$live"}, MAX_KEYS]},
            {"$not": [{"$in": [{"$literal": key}, keys]}]},
        ]
    }
    changes = {
        "count": _adjusted(delta),
        "adjustments": {"$concatArrays": ["$$live", [entry]]},
    }
    chosen = {"$let": {"vars": {"live": _LIVE}, "in": {"$cond": [is_new, changes, {}]}}}
    return [{"$replaceWith": {"$mergeObjects": ["$$ROOT", chosen]}}]


FIRST_EXPIRY: Expression = {
    "wait": {
        "$subtract": [
            {"$min": {"$map": {"input": _LIVE, "in": {"$toLong": "$$this.at"}}}},
            _EXPIRY,
        ]
    }
}
"""A projection: milliseconds until the oldest live entry expires."""

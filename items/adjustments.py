"""Changes of a count, and the idempotency keys of those that were made.

An adjustment with a key leaves an entry in the item's own document, in the array `adjustments`, so
that one atomic update both makes the change and remembers it. An entry holds `key`, `delta`, `at`,
`changed` (whether the count allowed it), and the item's fields as they were then. The clock is the
database's, one for all workers. docs/decisions/idempotency-keys-live-in-the-item.md says why.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from items.documents import FIELDS, ItemData, as_item
from items.limits import KEY_LIFETIME_MS, MAX_COUNT, MAX_KEYS_PER_ITEM

Expression = Mapping[str, Any]


@dataclass(frozen=True)
class Adjustment:
    """An adjustment with a key: the item as it was then, and whether the count changed.

    `delta` is None in an entry of a version that kept a hash in its place.
    """

    item: ItemData
    delta: int | None
    changed: bool
    replayed: bool


def kept_adjustment(item_id: str, entry: Mapping[str, Any]) -> Adjustment:
    """Return what an entry says, for a request that comes again."""
    fields = {name: entry[name] for name in FIELDS if name in entry}
    return Adjustment(
        item=as_item({"_id": item_id, **fields}),
        delta=entry.get("delta"),
        changed=entry["changed"],
        replayed=True,
    )


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


_NOW = "__now"
# In a stage of its own: not every server evaluates $$NOW inside of another expression.
_CLOCK: Expression = {"$set": {_NOW: "$$NOW"}}
_EXPIRY = {"$subtract": [{"$toLong": f"${_NOW}"}, KEY_LIFETIME_MS]}
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
        "delta": delta,
        "at": f"${_NOW}",
        "changed": _allowed(delta),
        **{name: f"${name}" for name in FIELDS},
        "count": _adjusted(delta),
    }
    keys = {"$map": {"input": "$$live", "in": "$$this.key"}}
    is_new = {
        "$and": [
            {"$lt": [{"$size": "$$live"}, MAX_KEYS_PER_ITEM]},
            {"$not": [{"$in": [{"$literal": key}, keys]}]},
        ]
    }
    changes = {
        "count": _adjusted(delta),
        "adjustments": {"$concatArrays": ["$$live", [entry]]},
    }
    chosen = {"$let": {"vars": {"live": _LIVE}, "in": {"$cond": [is_new, changes, {}]}}}
    return [_CLOCK, {"$replaceWith": {"$mergeObjects": ["$$ROOT", chosen]}}, {"$unset": _NOW}]


_OLDEST = {"$min": {"$map": {"input": _LIVE, "in": {"$toLong": "$$this.at"}}}}
FIRST_EXPIRY: list[Expression] = [_CLOCK, {"$project": {"wait": {"$subtract": [_OLDEST, _EXPIRY]}}}]
"""Stages: milliseconds until the oldest live entry expires."""

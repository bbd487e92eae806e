"""Changes of a count, and the idempotency keys of those that were made.

An adjustment with a key leaves an entry in the item's own document, in the array `adjustments`, so
that one atomic update both makes the change and remembers it. An entry holds `key`, `delta`, `at`,
`changed` (whether the count allowed it), `by` (which command made it), and the item's fields as
they were then. The clock is the database's, one for all workers.
docs/decisions/idempotency-keys-live-in-the-item.md says why.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bson import ObjectId

from items.documents import FIELDS, ItemData, as_item
from items.limits import CROWDED_KEY_LIFETIME_MS, KEY_LIFETIME_MS, MAX_COUNT, MAX_KEYS_PER_ITEM

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


def kept_adjustment(
    document: Mapping[str, Any], command: ObjectId | None = None
) -> Adjustment | None:
    """Return what a document's one entry says; None without one.

    It is a replay unless this very command has made it.
    """
    for entry in document.get("adjustments", ()):
        fields = {name: entry[name] for name in FIELDS if name in entry}
        return Adjustment(
            item=as_item({"_id": document["_id"], **fields}),
            delta=entry.get("delta"),
            changed=entry["changed"],
            replayed=command is None or entry.get("by") != command,
        )
    return None


def entry_of(key: str) -> Expression:
    """Return the projection of a document to the entry of a key."""
    return {"adjustments": {"$elemMatch": {"key": key}}}


def allows(delta: int) -> Expression:
    """Return whether the count is a whole number within its limits, before and after.

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


def _since(lifetime_ms: int) -> Expression:
    """Return the entries that are younger than so many milliseconds.

    As numbers: the embedded server does not compare $$NOW with a stored date.
    """
    limit = {"$subtract": [{"$toLong": "$__now"}, lifetime_ms]}
    return {
        "$filter": {
            "input": {"$cond": [{"$isArray": ["$adjustments"]}, "$adjustments", []]},
            "cond": {"$gt": [{"$toLong": "$$this.at"}, limit]},
        }
    }


def _has_room(entries: str) -> Expression:
    return {"$lt": [{"$size": entries}, MAX_KEYS_PER_ITEM]}


# In stages of their own: not every server evaluates $$NOW inside of another expression, nor knows
# $let and $replaceWith. `__live` are the entries that count, `__kept` those that stay beside a
# new one.
_ENTRIES: list[Expression] = [
    {"$set": {"__now": "$$NOW"}},
    {"$set": {"__live": _since(KEY_LIFETIME_MS)}},
    {
        "$set": {
            "__kept": {"$cond": [_has_room("$__live"), "$__live", _since(CROWDED_KEY_LIFETIME_MS)]}
        }
    },
]


def adjust_once_update(delta: int, key: str, command: ObjectId) -> list[Expression]:
    """Return the update that adds `delta` to the count where the limits allow it, once a key.

    It also drops the expired entries. It changes nothing when the key is there, or when the item
    has no room for another.
    """
    keys = {"$map": {"input": "$__live", "in": "$$this.key"}}
    is_new = {"$and": [_has_room("$__kept"), {"$not": [{"$in": [{"$literal": key}, keys]}]}]}
    adjusted = {"$cond": ["$__allowed", {"$add": ["$count", delta]}, "$count"]}
    entry = {
        "key": {"$literal": key},
        "delta": delta,
        "at": "$__now",
        "changed": "$__allowed",
        "by": command,
        **{name: f"${name}" for name in FIELDS},
        "count": adjusted,
    }
    changes = {"count": adjusted, "adjustments": {"$concatArrays": ["$__kept", [entry]]}}
    return [
        *_ENTRIES,
        {"$set": {"__allowed": allows(delta), "__new": is_new}},
        {
            "$set": {
                name: {
                    "$switch": {
                        "branches": [{"case": "$__new", "then": then}],
                        "default": f"${name}",
                    }
                }
                for name, then in changes.items()
            }
        },
        {"$unset": ["__now", "__live", "__kept", "__allowed", "__new"]},
    ]


_OLDEST = {"$min": {"$map": {"input": "$__kept", "in": {"$toLong": "$$this.at"}}}}
_FIRST_TO_GO = {"$subtract": [{"$toLong": "$__now"}, CROWDED_KEY_LIFETIME_MS]}
ROOM_COMES: list[Expression] = [
    *_ENTRIES,
    {"$project": {"wait": {"$subtract": [_OLDEST, _FIRST_TO_GO]}}},
]
"""Stages: milliseconds until a full item has room for another key."""

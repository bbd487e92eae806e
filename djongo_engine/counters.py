"""djongo's auto-increment counters: one document a collection in `__schema__`."""

from functools import partial
from typing import Any

from pymongo import ReturnDocument
from pymongo.database import Database

SCHEMA = "__schema__"


def create_counter(database: Database[dict[str, Any]], collection: str, column: str) -> None:
    """Start the counter of a new collection at 0, in the form that djongo gives it."""
    database[SCHEMA].update_one(
        {"name": collection},
        {"$set": {"auto": {"field_names": [column], "seq": 0}}},
        upsert=True,
    )


def count_on(database: Database[dict[str, Any]], collection: str, column: str) -> None:
    """Start the counter of a collection that has documents after the highest id in it."""
    numbered = {column: {"$type": "number"}}
    highest = database[collection].find_one(numbered, {column: True}, sort=[(column, -1)])
    used = int(highest[column]) if highest else 0
    database[SCHEMA].update_one({"name": collection}, {"$max": {"auto.seq": used}}, upsert=True)


def drop_counter(database: Database[dict[str, Any]], collection: str) -> None:
    """Forget the counter of a dropped collection."""
    database[SCHEMA].delete_many({"name": collection})


def rename_counter(database: Database[dict[str, Any]], old: str, new: str) -> None:
    """Rename the counter with its collection; replace one that a former collection left behind."""
    if database[SCHEMA].find_one({"name": old}):
        drop_counter(database, new)
        database[SCHEMA].update_one({"name": old}, {"$set": {"name": new}})


def reset_counters(database: Database[dict[str, Any]], collections: list[str]) -> None:
    """Let the ids of emptied collections start at 1 again."""
    database[SCHEMA].update_many({"name": {"$in": collections}}, {"$set": {"auto.seq": 0}})


def next_ids(database: Database[dict[str, Any]], collection: str, column: str, count: int) -> range:
    """Take `count` ids that nobody else gets; return them."""
    if not count:
        return range(0)
    # No upsert: a counter that is missing starts after the highest id, not at 0.
    update = {"$inc": {"auto.seq": count}, "$set": {"auto.field_names": [column]}}
    take = partial(
        database[SCHEMA].find_one_and_update,
        {"name": collection},
        update,
        return_document=ReturnDocument.AFTER,
    )
    while (counter := take()) is None:
        count_on(database, collection, column)
    last: int = counter["auto"]["seq"]
    return range(last - count + 1, last + 1)


def raise_counter(
    database: Database[dict[str, Any]], collection: str, column: str, used: int
) -> None:
    """Make sure that no id up to `used`, which somebody chose, is given again."""
    named, update = {"name": collection}, {"$max": {"auto.seq": used}}
    if not database[SCHEMA].update_one(named, update).matched_count:
        count_on(database, collection, column)
        database[SCHEMA].update_one(named, update)

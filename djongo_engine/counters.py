"""djongo's auto-increment counters: one document a collection in `__schema__`.

Its `_id` is the collection's name, so that two that are made at once are one. djongo, and this
engine before, found a counter by its `name` alone, which no index kept unique.
"""

from contextlib import suppress
from functools import partial
from typing import Any

from django.db import models
from pymongo import ReturnDocument
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from djongo_engine.fields import is_object_id

SCHEMA = "__schema__"

Counter = dict[str, Any]


def counted_column(model: type[models.Model]) -> str | None:
    """Return the column whose values a counter gives, None for a model without one."""
    # A proxy has no auto field of its own.
    auto = model._meta.concrete_model._meta.auto_field  # type: ignore[union-attr]
    return auto.column if auto and not is_object_id(auto) else None


def create_counter(database: Database[Counter], collection: str, column: str) -> None:
    """Start the counter of a new collection at 0, whatever a former one left behind."""
    drop_counter(database, collection)
    counter = _counter(collection, column, 0)
    database[SCHEMA].replace_one({"_id": collection}, counter, upsert=True)


def count_on(database: Database[Counter], collection: str, column: str) -> None:
    """Start the counter of a collection after the highest id in it, unless it is ahead of that."""
    raise_counter(database, collection, column, _highest(database, collection, column))


def drop_counter(database: Database[Counter], collection: str) -> None:
    """Forget the counter of a dropped collection."""
    database[SCHEMA].delete_many({"name": collection})


def rename_counter(database: Database[Counter], old: str, new: str) -> None:
    """Rename the counter with its collection; take the place of one that was left behind.

    It does not fall behind that one, which may be its own: a run that was killed here left both,
    and ids may have been taken since.
    """
    schema = database[SCHEMA]
    counters = list(schema.find({"name": {"$in": [old, new]}}))
    renamed = [counter for counter in counters if counter["name"] == old]
    if renamed:
        kept = max(renamed, key=_last_id)
        auto = {**kept.get("auto", {}), "seq": max(map(_last_id, counters))}
        counter = {**kept, "_id": new, "name": new, "auto": auto}
        schema.replace_one({"_id": new}, counter, upsert=True)
        schema.delete_many({"name": {"$in": [old, new]}, "_id": {"$ne": new}})


def reset_counters(database: Database[Counter], collections: list[str]) -> None:
    """Let the ids of emptied collections start at 1 again."""
    database[SCHEMA].update_many({"name": {"$in": collections}}, {"$set": {"auto.seq": 0}})


def next_ids(database: Database[Counter], collection: str, column: str, count: int) -> range:
    """Take `count` ids that nobody else gets; return them."""
    if not count:
        return range(0)
    # No upsert: a counter that is missing starts after the highest id, not at 0.
    update = {"$inc": {"auto.seq": count}, "$set": {"auto.field_names": [column]}}
    take = partial(
        database[SCHEMA].find_one_and_update,
        {"_id": collection},
        update,
        return_document=ReturnDocument.AFTER,
    )
    while (counter := take()) is None:
        _begin(database, collection, column)
    last = _last_id(counter)
    return range(last - count + 1, last + 1)


def raise_counter(database: Database[Counter], collection: str, column: str, used: int) -> None:
    """Make sure that no id up to `used`, which somebody chose, is given again."""
    named, update = {"_id": collection}, {"$max": {"auto.seq": used}}
    if not database[SCHEMA].update_one(named, update).matched_count:
        _begin(database, collection, column)
        database[SCHEMA].update_one(named, update)


def _begin(database: Database[Counter], collection: str, column: str) -> None:
    """Make a counter that is missing: after the highest id, and after those of its former ones.

    Of these the highest is kept, with whatever else djongo noted in it. Several may do this at
    once: the first insert wins, and no id is taken before it.
    """
    former = list(database[SCHEMA].find({"name": collection, "_id": {"$ne": collection}}))
    used = max([_highest(database, collection, column), *map(_last_id, former)])
    kept = max(former, key=_last_id, default={})
    with suppress(DuplicateKeyError):
        database[SCHEMA].insert_one({**kept, **_counter(collection, column, used)})
    database[SCHEMA].delete_many({"name": collection, "_id": {"$ne": collection}})


def _counter(collection: str, column: str, used: int) -> Counter:
    return {"_id": collection, "name": collection, "auto": {"field_names": [column], "seq": used}}


def _last_id(counter: Counter) -> int:
    # The mongo shell stores a number as a double; a counter without one is at 0.
    return int((counter.get("auto") or {}).get("seq") or 0)


def _highest(database: Database[Counter], collection: str, column: str) -> int:
    numbered = {column: {"$type": "number"}}
    highest = database[collection].find_one(numbered, {column: True}, sort=[(column, -1)])
    return int(highest[column]) if highest else 0

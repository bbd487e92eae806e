"""What Django's commands take for SQL statements: text for `mongosh`, with what runs it."""

import json
from collections.abc import Callable
from typing import Any

from pymongo.database import Database

from djongo_engine.counters import SCHEMA, reset_counters


class Statement(str):
    """The text that `sqlflush` prints; `run` does the same to a database."""

    run: Callable[[Database[dict[str, Any]]], None]

    def __new__(cls, text: str, run: Callable[[Database[dict[str, Any]]], None]) -> "Statement":
        """Take the text, and a function of the pymongo database."""
        statement = super().__new__(cls, text)
        statement.run = run
        return statement


def emptying(collection: str) -> Statement:
    """Return the statement that deletes every document of a collection."""

    def empty(database: Database[dict[str, Any]]) -> None:
        # Most are empty, and looking is quicker than deleting nothing.
        if database[collection].find_one({}, {"_id": True}) is not None:
            database[collection].delete_many({})

    return Statement(f"db.getCollection({json.dumps(collection)}).deleteMany({{}});", empty)


def resetting(collections: list[str]) -> Statement:
    """Return the statement that lets the ids of these collections start at 1 again."""
    names = json.dumps({"name": {"$in": collections}})
    return Statement(
        f'db.getCollection("{SCHEMA}").updateMany({names}, {{"$set": {{"auto.seq": 0}}}});',
        lambda database: reset_counters(database, collections),
    )

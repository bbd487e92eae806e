"""How many items each category has."""

from django.conf import settings

from djongo_engine.errors import time_limit
from djongo_engine.reads import run
from items.models import Category, Item

INDEX = "items_category"


def numbers_by_category(other: str) -> dict[str, int]:
    """Return how many items each category has, and under `other` how many have none of these.

    MongoDB reads nothing but an index for it, once through. Raises TimeLimitExceeded after
    MONGO_TIMEOUT_MS; HintedIndexMissing before the migration that makes the index.
    """
    categories = Category.values
    known = {"$in": ["$category", categories]}
    command = {
        "aggregate": Item._meta.db_table,
        "pipeline": [
            {
                "$group": {
                    "_id": {"$cond": [known, "$category", other]},
                    "number": {"$sum": 1},
                }
            }
        ],
        "hint": INDEX,
        "cursor": {},
    }
    collection = Item.objects.collection
    with time_limit(settings.MONGO_TIMEOUT_MS / 1000):
        groups = run(collection.database.command, collection, command)["cursor"]["firstBatch"]
    return dict.fromkeys([*categories, other], 0) | {one["_id"]: one["number"] for one in groups}

"""The service's operations on items, each change one atomic MongoDB command.

They go through djongo's pass-through (`mongo_*`) with documents in the original's form, and
give and take items as the API shows them: dictionaries with an `id` instead of `_id`.
"""

from collections.abc import Mapping
from typing import Any

from djongo.models import DjongoManager
from pymongo.collection import Collection

from djongo_engine.errors import translate_errors

NAME_COLLATION = {"locale": "en", "strength": 2}
"""How names compare: without regard to case, with regard to accents."""

FIELDS = ("name", "category", "count", "price")

ItemData = dict[str, Any]


def as_item(document: Mapping[str, Any]) -> ItemData:
    """Return a stored document as the API shows it; a field that it lacks is None."""
    return {
        "id": document["_id"],
        "name": document.get("name"),
        "category": document.get("category"),
        "count": document.get("count"),
        "price": document.get("price"),
    }


class ItemManager(DjongoManager):
    """`Item.objects`. Every method raises OperationalError when MongoDB cannot be reached."""

    @property
    def collection(self) -> Collection[dict[str, Any]]:
        """The pymongo collection, through djongo's pass-through."""
        collection: Collection[dict[str, Any]] = self._client
        return collection

    @property
    def namespace(self) -> str:
        """The collection's full name, as messages to clients show it: `api_db.items`."""
        return self.collection.full_name

    def page(self, after: str, limit: int) -> list[ItemData]:
        """Return at most `limit` items whose id is greater than `after`, in the order of ids."""
        with translate_errors:
            cursor = self.mongo_find(
                {"_id": {"$gt": after}}, FIELDS, sort=[("_id", 1)], limit=limit, batch_size=limit
            )
            return [as_item(document) for document in cursor]

    def select(self, values: Mapping[str, Any], limit: int) -> list[ItemData]:
        """Return at most `limit` items whose fields equal all `values`, in the order of ids.

        Names compare without regard to case.
        """
        with translate_errors:
            cursor = self.mongo_find(
                dict(values),
                FIELDS,
                sort=[("_id", 1)],
                limit=limit,
                batch_size=min(limit, 1000),
                collation=NAME_COLLATION if "name" in values else None,
            )
            return [as_item(document) for document in cursor]

    def read(self, item_id: str) -> ItemData:
        """Return one item. Raises Item.DoesNotExist."""
        with translate_errors:
            document = self.mongo_find_one({"_id": item_id}, FIELDS)
        if document is None:
            raise self.model.DoesNotExist
        return as_item(document)

    def add(self, item: ItemData) -> None:
        """Store a new item. Raises IntegrityError when its id is taken."""
        with translate_errors:
            self.mongo_insert_one({"_id": item["id"], **{name: item[name] for name in FIELDS}})

    def change(self, item_id: str, values: Mapping[str, Any]) -> None:
        """Set fields of one item; those not named, and fields of others, stay.

        Raises Item.DoesNotExist: it never creates.
        """
        with translate_errors:
            result = self.mongo_update_one({"_id": item_id}, {"$set": dict(values)})
        if not result.matched_count:
            raise self.model.DoesNotExist

    def remove(self, item_id: str) -> None:
        """Delete one item. Raises Item.DoesNotExist."""
        with translate_errors:
            result = self.mongo_delete_one({"_id": item_id})
        if not result.deleted_count:
            raise self.model.DoesNotExist

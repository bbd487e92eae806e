"""`Item.objects`: the service's operations on items, each change one atomic MongoDB command.

They take and return items as the API shows them, and send documents in the original's form
through djongo's pass-through (`mongo_*`).
"""

from collections.abc import Mapping
from typing import Any

from bson import ObjectId
from pymongo import ReturnDocument

from djongo_engine.errors import translate_errors
from djongo_engine.reads import find_documents
from items.adjustments import (
    ROOM_COMES,
    Adjustment,
    adjust_once_update,
    allows,
    entry_of,
    kept_adjustment,
)
from items.audit import changed_fields, record, writing
from items.bulk_writes import BulkWriteManager
from items.documents import FIELDS, PROJECTION, ItemData, as_document, as_item, as_update


class KeysExhaustedError(Exception):
    """An item has no room for another idempotency key; it will have in `wait` milliseconds."""

    def __init__(self, wait: int) -> None:
        self.wait = wait


class ItemManager(BulkWriteManager):
    """`Item.objects`. Every method raises OperationalError when MongoDB cannot be reached."""

    def add(self, item: ItemData) -> None:
        """Store a new item. Raises IntegrityError when its id is taken."""
        with writing("created", [item["id"]]):
            self.mongo_insert_one(as_document(item))
        record("created", [item["id"]])

    def change(
        self, item_id: str, values: Mapping[str, Any], read: ItemData | None = None
    ) -> ItemData:
        """Set fields of one item and return it; those not named, and fields of others, stay.

        With `read`, only while the item still is what was read. Raises Item.DoesNotExist.
        """
        selector, update = _selector(item_id, read), as_update(values)
        attempt = writing("changed", [item_id], fields := changed_fields(values, read))
        if values.keys() >= set(FIELDS):
            # The answer is known, and SecantusDB reads every item for a findAndModify: at 10,000
            # its Rust server takes 1.9 ms and the embedded one 54, an update by id less than 1.
            with attempt:
                result = self.mongo_update_one(selector, update)
            if not result.matched_count:
                raise self.model.DoesNotExist
            if result.modified_count:
                record("changed", [item_id], fields)
            return {"id": item_id, **values}
        document = self._update(attempt, selector, update, PROJECTION)
        if document is None:
            raise self.model.DoesNotExist
        if fields:
            record("changed", [item_id], fields)
        return as_item(document)

    def remove(self, item_id: str, read: ItemData | None = None) -> None:
        """Delete one item; with `read`, only while it still is what was read.

        Raises Item.DoesNotExist.
        """
        with writing("deleted", [item_id]):
            result = self.mongo_delete_one(_selector(item_id, read))
        if not result.deleted_count:
            raise self.model.DoesNotExist
        record("deleted", [item_id])

    def take(self, item_id: str) -> dict[str, Any]:
        """Delete one item, and return its whole document. Raises Item.DoesNotExist."""
        with writing("deleted", [item_id]):
            document: dict[str, Any] | None = self.collection.find_one_and_delete({"_id": item_id})
        if document is None:
            raise self.model.DoesNotExist
        record("deleted", [item_id])
        return document

    def put_back(self, document: Mapping[str, Any]) -> None:
        """Store a document that was taken. Raises IntegrityError when its id is taken."""
        with writing("created", [document["_id"]]):
            self.mongo_insert_one(document)
        record("created", [document["_id"]], by="undo")

    def adjust(
        self, item_id: str, delta: int, read: ItemData | None = None
    ) -> tuple[ItemData, bool]:
        """Add `delta` to the count; return the item, and whether its limits allowed that.

        With `read`, only while the item still is what was read. Raises Item.DoesNotExist.
        """
        selector, allowed = _selector(item_id, read), allows(delta)
        pipeline = [{"$match": selector}, {"$project": {**PROJECTION, "allowed": allowed}}]
        attempt = writing("adjusted", [item_id], ["count"])
        while True:
            change = {**selector, "$expr": allowed}, {"$inc": {"count": delta}}
            if document := self._update(attempt, *change, PROJECTION):
                record("adjusted", [item_id], ["count"], delta=delta)
                return as_item(document), True
            with translate_errors():
                documents = list(self.mongo_aggregate(pipeline))
            if not documents:
                raise self.model.DoesNotExist
            # Others may have changed the count between the two.
            if not documents[0].pop("allowed"):
                return as_item(documents[0]), False

    def adjust_once(
        self, item_id: str, delta: int, key: str, read: ItemData | None = None
    ) -> Adjustment:
        """Do what `adjust` does, but once for a key; return what the first request did.

        Raises Item.DoesNotExist; KeysExhaustedError when the item has no room for another key.
        """
        command = ObjectId()
        update = adjust_once_update(delta, key, command)
        attempt = writing("adjusted", [item_id], ["count"])
        document = self._update(attempt, _selector(item_id, read), update, entry_of(key))
        if document and (kept := kept_adjustment(document, command)):
            if kept.changed and not kept.replayed:
                record("adjusted", [item_id], ["count"], delta=delta)
            return kept
        if document is None:
            # The first use of the key may be what changed the item.
            if read and (kept := self.adjustment(item_id, key)):
                return kept
            raise self.model.DoesNotExist
        with translate_errors():
            waits = list(self.mongo_aggregate([{"$match": {"_id": item_id}}, *ROOM_COMES]))
        if not waits:
            raise self.model.DoesNotExist
        raise KeysExhaustedError(waits[0]["wait"] or 0)

    def adjustment(self, item_id: str, key: str) -> Adjustment | None:
        """Return the adjustment that an item keeps for a key; None when it keeps none."""
        with translate_errors():
            documents = find_documents(self.collection, {"_id": item_id}, entry_of(key), 1)
        return kept_adjustment(documents[0]) if documents else None

    def _update(
        self,
        attempt: writing,
        selector: Mapping[str, Any],
        update: Mapping[str, Any] | list[Mapping[str, Any]],
        projection: Mapping[str, Any],
    ) -> dict[str, Any] | None:
        """Change one document and return it as it then is, in one command; None without one.

        As it was before would do as well for some, but SecantusDB does not read that in the same
        step.
        """
        with attempt:
            document: dict[str, Any] | None = self.collection.find_one_and_update(
                selector, update, projection, return_document=ReturnDocument.AFTER
            )
        return document


def _selector(item_id: str, read: ItemData | None) -> dict[str, Any]:
    """Return the filter for one item; with `read`, only while it holds the values of that.

    `$eq` also matches an array with the value in it, which `$elemMatch` rules out.
    """
    fields = {name: read[name] for name in FIELDS} if read else {}
    return {
        "_id": item_id,
        **{name: {"$eq": v, "$not": {"$elemMatch": {"$eq": v}}} for name, v in fields.items()},
    }

"""The service's operations on items, each change one atomic MongoDB command.

They take and return items as the API shows them, and send documents in the original's form
through djongo's pass-through (`mongo_*`).
"""

import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from operator import itemgetter
from typing import Any

import pymongo
from bson import ObjectId
from django.conf import settings
from django.db import OperationalError
from pymongo import ReturnDocument, UpdateOne
from pymongo.errors import BulkWriteError

from djongo_engine.client import DAY_SECONDS
from djongo_engine.errors import (
    HintedIndexMissing,
    TimeLimitExceeded,
    time_limit,
    translate_errors,
)
from djongo_engine.managers import PassThroughManager
from djongo_engine.reads import count, find_documents, run
from items.adjustments import (
    ROOM_COMES,
    Adjustment,
    adjust_once_update,
    allows,
    entry_of,
    kept_adjustment,
)
from items.audit import changed_fields, record, record_changes, writing
from items.documents import FIELDS, PROJECTION, ItemData, as_document, as_item, as_update
from items.finding import COLLATION, Listing, Position
from items.rows import done_rows, rows_with_taken_ids

BATCH_DOCUMENTS = 1000


@contextmanager
def naming_the_index(listing: Listing) -> Iterator[None]:
    """Say which index a list misses."""
    try:
        yield
    except HintedIndexMissing as error:
        raise OperationalError(
            f"The index {listing.index} is missing: run manage.py migrate items."
        ) from error


@contextmanager
def finding(listing: Listing) -> Iterator[None]:
    """Run a read within its time limit, and say which index it misses.

    The limit is half of MONGO_TIMEOUT_MS, and MONGO_SEARCH_TIMEOUT_MS for a search. Raises
    TimeLimitExceeded; OperationalError when the index that serves the list is missing.
    """
    seconds = settings.MONGO_TIMEOUT_MS / 1000
    if "search" in listing.conditions:
        limit = time_limit(min(settings.MONGO_SEARCH_TIMEOUT_MS / 1000, seconds))
        with naming_the_index(listing), limit:
            yield
    else:
        # A server that says nothing in this time is away, however many items there are.
        with naming_the_index(listing), translate_errors(), pymongo.timeout(seconds / 2):
            yield


class KeysExhaustedError(Exception):
    """An item has no room for another idempotency key; it will have in `wait` milliseconds."""

    def __init__(self, wait: int) -> None:
        self.wait = wait


class ItemManager(PassThroughManager):
    """`Item.objects`. Every method raises OperationalError when MongoDB cannot be reached."""

    @property
    def namespace(self) -> str:
        """The collection's full name, as messages to clients show it: `api_db.items`."""
        return self.collection.full_name

    def page(self, listing: Listing, limit: int, after: Position | None = None) -> list[ItemData]:
        """Return at most `limit` items of a list, the first ones or those behind a position.

        Raises TimeLimitExceeded.
        """
        documents: list[dict[str, Any]] = []
        with finding(listing):
            for part in listing.filters(after):
                if missing := limit - len(documents):
                    documents += find_documents(
                        self.collection,
                        part,
                        PROJECTION,
                        missing,
                        sort=dict(listing.sort),
                        **listing.options,
                    )
        return [as_item(document) for document in documents]

    def selection(self, conditions: Mapping[str, Any], limit: int) -> list[ItemData]:
        """Return the items whose fields equal the conditions, by id; at most `limit`.

        MongoDB chooses the index and sorts nothing: with a hint and an order this takes a third
        longer where few items are found, and on some servers twenty times.
        """
        listing = Listing(conditions)
        options = {"collation": listing.collation} if listing.collation else {}
        with finding(listing):
            documents = find_documents(
                self.collection, listing.filter, PROJECTION, limit, **options
            )
        return sorted(map(as_item, documents), key=itemgetter("id"))

    def total(self, listing: Listing) -> int:
        """Return how many items are in a list. Raises TimeLimitExceeded."""
        with finding(listing):
            return count(self.collection, listing.filter, **listing.options)

    @contextmanager
    def every(self, listing: Listing) -> Iterator[Iterator[ItemData]]:
        """Give an iterator over every item of a list, read by one cursor within the context.

        Raises TimeLimitExceeded after MONGO_EXPORT_TIMEOUT_MS.
        """
        seconds = settings.MONGO_EXPORT_TIMEOUT_MS / 1000
        until = time.monotonic() + seconds
        with translate_errors():
            # For a frozen server an export need not wait for all its time.
            run(self.collection.database.command, self.collection, {"ping": 1})
        with (
            naming_the_index(listing),
            translate_errors(),
            self.connection.patient(seconds),
            self.mongo_find(
                listing.filter,
                FIELDS,
                sort=listing.sort,
                batch_size=BATCH_DOCUMENTS,
                max_time_ms=max(1, settings.MONGO_EXPORT_TIMEOUT_MS),
                **listing.options,
            ) as cursor,
        ):
            yield (as_item(document) for document in _before(until, cursor))

    @contextmanager
    def documents(self) -> Iterator[Iterator[dict[str, Any]]]:
        """Give an iterator over every stored document, in the order of ids.

        Each has its `_id` and the fields of an item. Reading may take a day: this is for commands.
        """
        with (
            translate_errors(),
            self.connection.patient(DAY_SECONDS),
            self.mongo_find({}, FIELDS, sort=[("_id", 1)], batch_size=BATCH_DOCUMENTS) as cursor,
        ):
            yield cursor

    def read(self, item_id: str) -> ItemData:
        """Return one item. Raises Item.DoesNotExist."""
        return self._one({"_id": item_id})

    def _one(self, selector: Mapping[str, Any]) -> ItemData:
        with translate_errors():
            documents = find_documents(self.collection, selector, PROJECTION, 1)
        if not documents:
            raise self.model.DoesNotExist
        return as_item(documents[0])

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

    def read_many(self, ids: Collection[str]) -> dict[str, ItemData]:
        """Return the items that exist of `ids`, by id, in one round trip."""
        with translate_errors():
            cursor = self.mongo_find(
                {"_id": {"$in": list(ids)}}, FIELDS, limit=len(ids), batch_size=len(ids)
            )
            return {document["_id"]: as_item(document) for document in cursor}

    def named(self, names: Collection[str]) -> list[ItemData]:
        """Return the items of these names, whatever case and accents, in one round trip."""
        with translate_errors():
            cursor = self.mongo_find({"name": {"$in": list(names)}}, FIELDS, collation=COLLATION)
            return [as_item(document) for document in cursor]

    def add_many(self, items: Collection[ItemData]) -> set[str]:
        """Store new items, each for itself, in one round trip; return the ids that are taken."""
        documents = [as_document(item) for item in items]
        ids = [item["id"] for item in items]
        with writing("created", ids):
            try:
                self.mongo_insert_many(documents, ordered=False)
            except BulkWriteError as error:
                record("created", done_rows(error, ids))
                return {ids[index] for index in rows_with_taken_ids(error)}
        record("created", ids)
        return set()

    def change_many(self, changes: Mapping[str, ItemData]) -> dict[str, ItemData]:
        """Set fields of many items, in one read and one write; return the items that exist.

        The read comes first, as a bulk write does not tell which items it found. What is returned
        is what was read, with the changes; an item that is created in between is not in it.
        """
        items = self.read_many(changes)
        ids = [item_id for item_id in items if changes[item_id]]
        updates = [UpdateOne({"_id": item_id}, as_update(changes[item_id])) for item_id in ids]
        if updates:
            with writing("changed", ids):
                try:
                    self.collection.bulk_write(updates, ordered=False)
                except BulkWriteError as error:
                    record_changes(done_rows(error, ids), changes, items)
                    rows_with_taken_ids(error)
                else:
                    record_changes(ids, changes, items)
        return {item_id: {**item, **changes[item_id]} for item_id, item in items.items()}

    def remove_many(self, ids: Iterable[str]) -> set[str]:
        """Delete many items, each by a command; return the ids of those that this has deleted.

        docs/decisions/bulk-deletions-are-single.md says why. Raises TimeLimitExceeded after
        MONGO_TIMEOUT_MS; some items are deleted then.
        """
        until = time.monotonic() + settings.MONGO_TIMEOUT_MS / 1000
        deleted: dict[str, None] = {}
        try:
            for item_id in ids:
                if time.monotonic() > until:
                    raise TimeLimitExceeded("The deletions took longer than MONGO_TIMEOUT_MS.")
                with writing("deleted", [item_id]):
                    if self.collection.delete_one({"_id": item_id}).deleted_count:
                        deleted[item_id] = None
        finally:
            record("deleted", deleted)
        return set(deleted)


def _before(until: float, documents: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield documents until a moment of the monotonic clock. Raises TimeLimitExceeded.

    Not every server ends a command after its maxTimeMS.
    """
    for document in documents:
        if time.monotonic() > until:
            raise TimeLimitExceeded("An export took longer than MONGO_EXPORT_TIMEOUT_MS.")
        yield document


def _selector(item_id: str, read: ItemData | None) -> dict[str, Any]:
    """Return the filter for one item; with `read`, only while it holds the values of that.

    `$eq` also matches an array with the value in it, which `$elemMatch` rules out.
    """
    fields = {name: read[name] for name in FIELDS} if read else {}
    return {
        "_id": item_id,
        **{name: {"$eq": v, "$not": {"$elemMatch": {"$eq": v}}} for name, v in fields.items()},
    }

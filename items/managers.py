"""The service's operations on items, each change one atomic MongoDB command.

They go through djongo's pass-through (`mongo_*`) with documents in the original's form, and
give and take items as the API shows them: dictionaries with an `id` instead of `_id`.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any

import pymongo
from django.conf import settings
from django.db import DatabaseError, OperationalError
from djongo.models import DjongoManager
from pymongo.collection import Collection
from pymongo.cursor import Cursor
from pymongo.errors import ExecutionTimeout, NetworkTimeout, OperationFailure

from djongo_engine.errors import translate_errors
from items.finding import Listing, Position

FIELDS = ("name", "category", "count", "price")

BATCH = 1000
BAD_VALUE = 2
"""MongoDB's code for, among others, a hint that names no index."""

ItemData = dict[str, Any]


class TimeLimitError(Exception):
    """MongoDB gave up at the time limit."""


@contextmanager
def finding(listing: Listing, seconds: float | None = None) -> Iterator[None]:
    """Bound the time of a read, and name what may go wrong with it.

    Without `seconds` a search has MONGO_SEARCH_TIMEOUT_MS, any other read MONGO_TIMEOUT_MS.
    Raises TimeLimitError, or OperationalError when the index that serves the list is missing.
    """
    if seconds is None and "search" in listing.conditions:
        seconds = settings.MONGO_SEARCH_TIMEOUT_MS / 1000
    # pymongo sends maxTimeMS, and gives up on the connection at the same time: either may win.
    too_late = (ExecutionTimeout, NetworkTimeout) if seconds else ExecutionTimeout
    try:
        with pymongo.timeout(seconds) if seconds else nullcontext(), translate_errors:
            yield
    except DatabaseError as error:
        cause = error.__cause__
        if isinstance(cause, too_late):
            raise TimeLimitError from error
        if isinstance(cause, OperationFailure) and cause.code == BAD_VALUE and "hint" in str(cause):
            raise OperationalError(
                f"The index {listing.index} is missing: run manage.py migrate items."
            ) from error
        raise


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

    def page(self, listing: Listing, limit: int, after: Position | None = None) -> list[ItemData]:
        """Return at most `limit` items of a list, the first ones or those behind a position.

        Raises TimeLimitError.
        """
        with finding(listing), self._find(listing, after, limit, batch_size=limit) as cursor:
            return [as_item(document) for document in cursor]

    def total(self, listing: Listing) -> int:
        """Return how many items are in a list. Raises TimeLimitError."""
        unordered = Listing(listing.conditions)
        with finding(listing):
            number: int = self.mongo_count_documents(unordered.filter(), **unordered.options)
        return number

    @contextmanager
    def every(self, listing: Listing) -> Iterator[Iterator[ItemData]]:
        """Give an iterator over every item of a list, read by one cursor within the context.

        Raises TimeLimitError after MONGO_EXPORT_TIMEOUT_MS.
        """
        seconds = settings.MONGO_EXPORT_TIMEOUT_MS / 1000
        with finding(listing, seconds), self._find(listing, batch_size=BATCH) as cursor:
            yield (as_item(document) for document in cursor)

    def _find(
        self, listing: Listing, after: Position | None = None, limit: int = 0, *, batch_size: int
    ) -> Cursor[dict[str, Any]]:
        cursor: Cursor[dict[str, Any]] = self.mongo_find(
            listing.filter(after),
            FIELDS,
            sort=listing.sort,
            limit=limit,
            batch_size=batch_size,
            **listing.options,
        )
        return cursor

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

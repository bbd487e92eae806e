"""Reads of items: one, those of ids or names, and lists."""

import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from operator import itemgetter
from typing import Any

import pymongo
from django.conf import settings
from django.db import OperationalError

from djongo_engine.client import DAY_SECONDS
from djongo_engine.errors import (
    HintedIndexMissing,
    TimeLimitExceeded,
    time_limit,
    translate_errors,
)
from djongo_engine.managers import PassThroughManager
from djongo_engine.reads import count, find_documents, run
from items.documents import FIELDS, PROJECTION, ItemData, as_item
from items.finding import COLLATION, Listing, Position

BATCH_DOCUMENTS = 1000


class ReadManager(PassThroughManager):
    """What `Item.objects` reads. Items are as the API shows them."""

    @property
    def namespace(self) -> str:
        """The collection's full name, as messages to clients show it: `api_db.items`."""
        return self.collection.full_name

    def read(self, item_id: str) -> ItemData:
        """Return one item. Raises Item.DoesNotExist."""
        with translate_errors():
            documents = find_documents(self.collection, {"_id": item_id}, PROJECTION, 1)
        if not documents:
            raise self.model.DoesNotExist
        return as_item(documents[0])

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


def _before(until: float, documents: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield documents until a moment of the monotonic clock. Raises TimeLimitExceeded.

    Not every server ends a command after its maxTimeMS.
    """
    for document in documents:
        if time.monotonic() > until:
            raise TimeLimitExceeded("An export took longer than MONGO_EXPORT_TIMEOUT_MS.")
        yield document

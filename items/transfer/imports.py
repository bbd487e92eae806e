"""Importing rows: the API's own rules for each, and one bulk write for a thousand of them."""

import hashlib
import uuid
from collections.abc import Callable, Iterable

from django.db import DatabaseError, IntegrityError, OperationalError
from pymongo import UpdateOne
from pymongo.errors import BulkWriteError
from rest_framework.serializers import ValidationError

from djongo_engine.errors import DUPLICATE_KEY, translate_errors
from items.documents import FIELDS, ItemData, as_document, as_update
from items.models import Item
from items.rules import TextItemSerializer, messages
from items.serializers import ItemRequestSerializer
from items.transfer.reader import Row

BATCH_ROWS = 1_000
BATCH_SECONDS = 60

Placed = tuple[int, ItemData]
"""A line's number and the item that it makes."""


class Importer:
    """Stores rows in batches, and counts what became of them.

    `on_conflict` says what to do with a row whose id is taken: `fail` stops there, with all rows
    before it stored and none behind it; `skip` leaves the stored item; `update` sets the item's
    fields, and no other field of the document. A row without an id gets one made of `name`, its
    line and its text: the same file has the same ids the next time.
    """

    def __init__(
        self,
        name: str,
        on_conflict: str,
        reject: Callable[[Row], None],
        *,
        text: bool = False,
        dry_run: bool = False,
    ) -> None:
        """Take `reject`, called with each row at fault; with `text`, numbers are text (CSV)."""
        self.name = name
        self.on_conflict = on_conflict
        self.reject = reject
        self.text = text
        self.dry_run = dry_run
        self.read = self.added = self.updated = self.skipped = self.rejected = 0
        self._serializer = TextItemSerializer() if text else ItemRequestSerializer()

    def run(self, rows: Iterable[Row], progress: Callable[[], None]) -> None:
        """Store the rows; `progress` is called after each thousand.

        Raises IntegrityError at a taken id (`fail`), OperationalError when MongoDB is away, and
        DatabaseError when it refuses a document.
        """
        batch: list[Placed] = []
        for row in rows:
            self.read += 1
            try:
                batch.append((row.line, self._item(row)))
            except ValidationError as error:
                row.fault = messages(error)
                self.rejected += 1
                self.reject(row)
            if self.read % BATCH_ROWS == 0:
                self._store(batch)
                batch = []
                progress()
        self._store(batch)

    def _item(self, row: Row) -> ItemData:
        """Return the item of a row. Raises ValidationError."""
        if row.fault:
            raise ValidationError([row.fault])
        values = row.values
        if self.text:
            # An empty cell is a value that is not given.
            values = {name: value for name, value in values.items() if value}
        item: ItemData = self._serializer.run_validation(values)
        if "id" not in item:
            item["id"] = self._id_for(row)
        return item

    def _id_for(self, row: Row) -> str:
        if not self.name:
            raise ValidationError({"id": ["Missing; --name makes ids for standard input."]})
        digest = hashlib.sha256(f"{self.name}\0{row.line}\0{row.text}".encode()).digest()
        return str(uuid.UUID(bytes=digest[:16], version=4))

    def _store(self, batch: list[Placed]) -> None:
        if not batch:
            return
        with translate_errors(), Item.objects.connection.patient(BATCH_SECONDS):
            if self.dry_run:
                self._compare(batch)
            elif self.on_conflict == "update":
                self._upsert(batch)
            else:
                self._insert(batch)

    def _insert(self, batch: list[Placed]) -> None:
        if self.on_conflict == "skip":
            # Without an order the server may take any of two rows with one id: keep the first.
            first: dict[str, Placed] = {}
            for placed in batch:
                first.setdefault(placed[1]["id"], placed)
            self.skipped += len(batch) - len(first)
            batch = list(first.values())
        documents = [as_document(item) for _, item in batch]
        try:
            Item.objects.collection.insert_many(documents, ordered=self.on_conflict == "fail")
        except BulkWriteError as error:
            self.added += error.details["nInserted"]
            self._look_at(error, batch)
        else:
            self.added += len(batch)

    def _upsert(self, batch: list[Placed]) -> None:
        updates = [
            UpdateOne(
                {"_id": item["id"]},
                as_update({name: item[name] for name in FIELDS}),
                upsert=True,
            )
            for _, item in batch
        ]
        try:
            # In order, so that the last of two rows with one id stays.
            result = Item.objects.collection.bulk_write(updates)
        except BulkWriteError as error:
            self.added += error.details["nUpserted"]
            self.updated += error.details["nMatched"]
            self._look_at(error, batch)
        else:
            self.added += result.upserted_count
            self.updated += result.matched_count

    def _look_at(self, error: BulkWriteError, batch: list[Placed]) -> None:
        """Count taken ids that are to be skipped. Raises for all other errors."""
        for fault in error.details["writeErrors"]:
            line, item = batch[fault["index"]]
            if fault["code"] != DUPLICATE_KEY:
                raise DatabaseError(f"MongoDB refused line {line}: {fault['errmsg']}") from error
            self._conflict(line, item["id"])
        if error.details["writeConcernErrors"]:
            raise OperationalError(str(error.details["writeConcernErrors"][0])) from error

    def _compare(self, batch: list[Placed]) -> None:
        """Count what storing the batch would do."""
        ids = [item["id"] for _, item in batch]
        found = Item.objects.collection.find({"_id": {"$in": ids}}, {"_id": 1})
        taken = {document["_id"] for document in found}
        for line, item in batch:
            if item["id"] not in taken:
                self.added += 1
                taken.add(item["id"])
            elif self.on_conflict == "update":
                self.updated += 1
            else:
                self._conflict(line, item["id"])

    def _conflict(self, line: int, item_id: str) -> None:
        if self.on_conflict == "fail":
            raise IntegrityError(f"Line {line}: an item with the id {item_id} is there already.")
        self.skipped += 1

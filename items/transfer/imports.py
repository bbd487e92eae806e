"""Importing rows: the API's own rules for each, and one bulk write for a thousand of them."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.db import DatabaseError, IntegrityError, OperationalError
from pymongo import UpdateOne
from pymongo.errors import BulkWriteError
from rest_framework.serializers import ValidationError

from djongo_engine.errors import DUPLICATE_KEY, translate_errors
from items.audit import record, writing
from items.documents import FIELDS, as_document, as_update
from items.models import Item
from items.rows import done_rows
from items.rules import messages
from items.serializers import NEW_ITEM
from items.transfer.matching import ById, ByName, Placed
from items.transfer.rows import Row

BATCH_ROWS = 1_000
BATCH_SECONDS = 60


class Importer:
    """Stores rows in batches, and counts what became of them.

    `matching` says which stored item a row is about. If that exists, `on_conflict` decides: `fail`
    stops there, with all rows before it stored and none behind it; `skip` leaves the stored item;
    `update` sets the item's fields, and no other field of the document.
    """

    def __init__(
        self, matching: ById | ByName, on_conflict: str, reject: Callable[[Row], None]
    ) -> None:
        """Take `reject`, called with each row at fault."""
        self.matching = matching
        self.on_conflict = on_conflict
        self.reject = reject
        self.read = self.added = self.changed = self.unchanged = self.skipped = self.rejected = 0

    def run(self, rows: Iterable[Row], progress: Callable[[], None]) -> None:
        """Store the rows; `progress` is called after each thousand.

        Raises IntegrityError where an item exists (`fail`), ChoiceNeededError, FileError,
        OperationalError when MongoDB is away, and DatabaseError when it refuses a document.
        """
        batch: list[Placed] = []
        for row in rows:
            self.read += 1
            try:
                if row.fault:
                    raise ValidationError([row.fault])
                batch.append((row, NEW_ITEM.run_validation(row.values)))
            except ValidationError as error:
                row.fault = messages(error)
                self._reject(row)
            if self.read % BATCH_ROWS == 0:
                self._finish(batch)
                batch = []
                progress()
        self._finish(batch)

    def _finish(self, batch: list[Placed]) -> None:
        with translate_errors(), Item.objects.connection.patient(BATCH_SECONDS):
            self.matching.place(batch)
            for row, _ in batch:
                if row.fault:
                    self._reject(row)
            if placed := [(row, item) for row, item in batch if not row.fault]:
                self.store(placed)

    def _reject(self, row: Row) -> None:
        self.rejected += 1
        self.reject(row)

    def store(self, batch: list[Placed]) -> None:
        """Store the items of a batch, which is not empty, and count."""
        if self.on_conflict == "update":
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
        ids, ordered = [item["id"] for _, item in batch], self.on_conflict == "fail"
        with writing("created", ids):
            try:
                Item.objects.collection.insert_many(documents, ordered=ordered)
            except BulkWriteError as error:
                self.added += error.details["nInserted"]
                record("created", done_rows(error, ids, ordered))
                self._look_at(error, batch)
            else:
                self.added += len(batch)
                record("created", ids)

    def _upsert(self, batch: list[Placed]) -> None:
        updates = [
            UpdateOne(
                {"_id": item["id"]},
                as_update({name: item[name] for name in FIELDS}),
                upsert=True,
            )
            for _, item in batch
        ]
        ids = [item["id"] for _, item in batch]
        with writing("changed", ids, FIELDS):
            try:
                # In order, so that the last of two rows with one id stays.
                result = Item.objects.collection.bulk_write(updates).bulk_api_result
            except BulkWriteError as error:
                self._count(error.details, done_rows(error, ids, ordered=True))
                self._look_at(error, batch)
            else:
                self._count(result, ids)

    def _count(self, result: Mapping[str, Any], ids: list[str]) -> None:
        added = {row["_id"] for row in result["upserted"]}
        record("created", added)
        if result["nModified"]:
            # Which of them had these values before, MongoDB does not tell.
            record("changed", [item_id for item_id in ids if item_id not in added], FIELDS)
        self.added += result["nUpserted"]
        self.changed += result["nModified"]
        self.unchanged += result["nMatched"] - result["nModified"]

    def _look_at(self, error: BulkWriteError, batch: list[Placed]) -> None:
        """Count taken ids that are to be skipped. Raises for all other errors."""
        for fault in error.details["writeErrors"]:
            row, item = batch[fault["index"]]
            if fault["code"] != DUPLICATE_KEY:
                raise DatabaseError(
                    f"MongoDB refused line {row.line}: {fault['errmsg']}"
                ) from error
            self.conflict(row, item["id"])
        if error.details["writeConcernErrors"]:
            raise OperationalError(str(error.details["writeConcernErrors"][0])) from error

    def conflict(self, row: Row, item_id: str) -> None:
        """Count a row whose item exists as skipped. Raises IntegrityError with `fail`."""
        if self.on_conflict == "fail":
            raise IntegrityError(
                f"Line {row.line}: an item with the id {item_id} is there already."
            )
        self.skipped += 1

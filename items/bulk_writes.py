"""Writes of many items at once, each item for itself."""

import time
from collections.abc import Collection, Iterable, Mapping

from django.conf import settings
from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from djongo_engine.errors import TimeLimitExceeded
from items.audit import record, record_changes, writing
from items.documents import ItemData, as_document, as_update
from items.reads import ReadManager
from items.rows import done_rows, rows_with_taken_ids


class BulkWriteManager(ReadManager):
    """What `Item.objects` does to many items."""

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

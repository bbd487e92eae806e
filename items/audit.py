"""The audit trail of items: a line for every write that was done, or may have been.

Each says which items, what was done, the names of the fields that changed, and who did it: the user
and the id of the request, or the command. Where the items were read before, as with If-Match and in
bulk, `fields` are those whose values differ, else all that the write sets.
"""

import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from types import TracebackType
from typing import Any

from django.db import DatabaseError

from djongo_engine.errors import translate_errors
from djongo_engine.outcomes import may_be_done
from fastapi_mongo_site import writes
from fastapi_mongo_site.http.context import current_request, origin
from fastapi_mongo_site.logs.lines import lines
from items.documents import ItemData

LOGGER = "items.audit"
IDS_A_LINE = 80
"""So many of a bulk write or an import share a line, which then has less than 4,096 bytes."""

observers: list[Callable[[str, int], None]] = []
"""Are called with what was done, and to how many items. They may raise nothing."""


def record(
    event: str, ids: Collection[str], fields: Collection[str] = (), **facts: str | int
) -> None:
    """Have it written that items were created, changed, deleted or adjusted."""
    if not ids:
        return
    said: dict[str, Any] = {"fields": list(fields)} if fields else {}
    said.update(facts)
    if request := current_request():
        said["user"] = request.user
    said.update(origin())
    all_ids = list(ids)
    # A terminal is no log: there a command tells a person what it did in words of its own.
    if request or not sys.stderr.isatty():
        for start in range(0, len(all_ids), IDS_A_LINE):
            lines.add(LOGGER, event, facts_of, (all_ids[start : start + IDS_A_LINE], said))
    if "outcome" not in facts:
        writes.report_accepted()
        for observe in observers:
            observe(event, len(all_ids))


def facts_of(written: tuple[list[str], Mapping[str, Any]]) -> dict[str, Any]:
    """Return what the line says: `item`, or `items` for those of a bulk write."""
    ids, facts = written
    return {**({"item": ids[0]} if len(ids) == 1 else {"items": ids}), **facts}


def changed_fields(values: Mapping[str, Any], before: ItemData | None) -> list[str]:
    """Return the names of the values that differ from an item; all where it was not read."""
    return [name for name, value in values.items() if before is None or before[name] != value]


def record_changes(
    ids: Iterable[str], changes: Mapping[str, ItemData], before: Mapping[str, ItemData]
) -> None:
    """Have it written that items were changed, those with the same fields together."""
    by_fields: dict[tuple[str, ...], list[str]] = {}
    for item_id in ids:
        if fields := changed_fields(changes[item_id], before[item_id]):
            by_fields.setdefault(tuple(fields), []).append(item_id)
    for names, changed in by_fields.items():
        record("changed", changed, names)


class writing(translate_errors):  # noqa: N801, a context manager is named as contextlib names its own
    """translate_errors around a write.

    Where that ends with an error and may have been done, it records so: the `outcome` is unknown.
    """

    __slots__ = ("_event", "_fields", "_ids")

    def __init__(self, event: str, ids: Collection[str], fields: Collection[str] = ()) -> None:
        """Take what is recorded then."""
        self._event, self._ids, self._fields = event, ids, fields

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Raise the Django exception from the driver's."""
        try:
            super().__exit__(kind, error, traceback)
        except DatabaseError as failure:
            if may_be_done(failure):
                record(self._event, self._ids, self._fields, outcome="unknown")
            raise

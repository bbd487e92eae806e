"""An item as the API shows it, and as the original service stores it: `_id` instead of `id`."""

from collections.abc import Mapping
from typing import Any

FIELDS = ("name", "category", "count", "price")
"""An item's fields but the id, in the order in which the original shows them."""
COLUMNS = ("id", *FIELDS)
PROJECTION = dict.fromkeys(FIELDS, 1)

ItemData = dict[str, Any]

_ABSENT = dict.fromkeys(COLUMNS)


def as_item(document: Mapping[str, Any]) -> ItemData:
    """Return a document, read with PROJECTION, as the API shows it.

    A field that the document lacks is None.
    """
    item = {**_ABSENT, **document}
    item["id"] = item.pop("_id")
    return item


def as_document(item: ItemData) -> dict[str, Any]:
    """Return an item as it is stored."""
    return {"_id": item["id"], **{name: item[name] for name in FIELDS}}


def as_update(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the update that sets these fields of a stored item, and no others."""
    return {"$set": dict(values)}

"""One page of the table, with its way forward and back."""

import re
from dataclasses import dataclass
from typing import Any

from django.urls.converters import UUIDConverter

from items.documents import ItemData
from items.etags import etag_of
from items.finding import Listing, Position
from items.models import Item
from items.pagination import make_cursor
from stock.filters import Filter

PAGE_ITEMS = 50
_ID = re.compile(UUIDConverter.regex)


@dataclass(frozen=True)
class Table:
    """The rows, and the query strings of the pages around; "" where there is none."""

    rows: list[dict[str, Any]]
    previous: str
    next: str


def table(shown: Filter) -> Table:
    """Return the page of a filter.

    The page before is read from its end: the first items behind this page's first one in the
    reverse list. Raises TimeLimitExceeded.
    """
    backwards = shown.before is not None
    listing, place = (shown.reverse, shown.before) if backwards else (shown.listing, shown.after)
    items = Item.objects.page(listing, PAGE_ITEMS + 1, place)
    more, items = len(items) > PAGE_ITEMS, items[:PAGE_ITEMS]
    if backwards:
        items.reverse()
    has_next, has_previous = (True, more) if backwards else (more, shown.after is not None)
    return Table(
        [row(item) for item in items],
        shown.query(before=_cursor(shown.reverse, items[0])) if has_previous and items else "",
        shown.query(after=_cursor(shown.listing, items[-1])) if has_next and items else "",
    )


def row(item: ItemData) -> dict[str, Any]:
    """Return an item with its value, its ETag, and whether it has a URL.

    The value is None where one of its factors is no number. An id that is no UUID, as others may
    store it, has no URL, in the API as here.
    """
    numbers = item["count"], item["price"]
    countable = all(isinstance(number, (int, float)) for number in numbers)
    value = round(numbers[0] * numbers[1], 2) if countable else None
    has_url = _ID.fullmatch(item["id"]) is not None
    return {**item, "value": value, "etag": etag_of(item), "has_url": has_url}


def _cursor(listing: Listing, item: ItemData) -> str:
    place: Position = listing.position(item)
    return make_cursor(listing, place)

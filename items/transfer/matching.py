"""Which stored item a row of a file is about: the one of its id, or the one of its name."""

import hashlib
import uuid
from collections.abc import Iterable, Mapping

from items.documents import ItemData, as_item
from items.models import Item
from items.names import name_key
from items.transfer.rows import Row

MAX_NAMES_AT_ONCE = 50_000

Placed = tuple[Row, ItemData]
"""A row and the item that it makes."""


class ChoiceNeededError(Exception):
    """Rows without ids have names that are there already; the message names the first."""


class StoredNames:
    """The ids of the stored items that have a name, by its `name_key`.

    Of few items all names are read at once: SecantusDB reads 70 items while it looks up one.
    """

    def __init__(self) -> None:
        self._all: dict[str, list[str]] | None = None

    def ids(self, names: Iterable[str]) -> Mapping[str, list[str]]:
        """Return the ids for the names that are there, maybe with those for others."""
        if self._all is not None:
            return self._all
        if Item.objects.collection.estimated_document_count() > MAX_NAMES_AT_ONCE:
            return _by_key(Item.objects.named(list(names)))
        with Item.objects.documents() as documents:
            self._all = _by_key(map(as_item, documents))
        return self._all


def _by_key(items: Iterable[ItemData]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for item in items:
        # An array that holds the name is found, too.
        if isinstance(item["name"], str):
            found.setdefault(name_key(item["name"]), []).append(item["id"])
    return found


def id_of(text: str) -> str:
    """Return an id that is made of a text, always the same."""
    digest = hashlib.sha256(text.encode(errors="surrogateescape")).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))


class ById:
    """A row is about the item of its id; one without an id is about an item of its own.

    That gets an id made of the file's name, the row's line and its text, so that the same file has
    the same ids the next time. With `ask`, a name that another stored item has is not doubled.
    """

    def __init__(self, name: str, *, ask: bool) -> None:
        """Take the file's name; "" where there is none, and rows without ids are refused."""
        self.name = name
        self.ask = ask
        self._stored = StoredNames()
        self._seen: set[str] = set()

    def place(self, batch: list[Placed]) -> None:
        """Give each item its id, or its row a fault. Raises ChoiceNeededError."""
        made = [(row, item) for row, item in batch if "id" not in item]
        for row, item in made:
            if self.name:
                item["id"] = id_of(f"{self.name}\0{row.line}\0{row.text}")
            else:
                row.fault = "id: Missing; --name makes ids for standard input."
        if self.ask and made:
            self._ask(made)

    def _ask(self, made: list[Placed]) -> None:
        found = self._stored.ids(item["name"] for _, item in made)
        for row, item in made:
            key = name_key(item["name"])
            # Of a name that was seen before, an item of this file may be what is found.
            others = found.get(key) if key not in self._seen else None
            if others and item.get("id") not in others:
                raise ChoiceNeededError(
                    f"Line {row.line}: an item named {item['name']!r} is there already, and the "
                    "row has no id."
                )
            self._seen.add(key)


class ByName:
    """A row is about the stored item of its name, as the API compares names, or about a new one.

    New items get random ids. With a `key` their ids are made of that, so that two runs at once with
    the same key store one item and not two.
    """

    def __init__(self, key: str = "") -> None:
        """Take the key."""
        self.key = key or uuid.uuid4().hex
        self._stored = StoredNames()
        self._lines: dict[str, int] = {}

    def place(self, batch: list[Placed]) -> None:
        """Give each item the id of the stored one, or a new one, or its row a fault."""
        found = self._stored.ids(item["name"] for _, item in batch)
        given = [item["id"] for _, item in batch if "id" in item]
        taken = Item.objects.read_many(given) if given else {}
        for row, item in batch:
            key = name_key(item["name"])
            line = self._lines.setdefault(key, row.line)
            stored = found.get(key, [])
            if line != row.line:
                row.fault = f"name: Line {line} has {item['name']!r}, too."
            elif len(stored) > 1:
                row.fault = f"name: {len(stored)} items are named {item['name']!r}."
            elif stored and item.setdefault("id", stored[0]) != stored[0]:
                row.fault = f"id: The item named {item['name']!r} is {stored[0]}."
            elif not stored and item.get("id") in taken:
                row.fault = f"id: Is that of {taken[item['id']]['name']!r}."
            else:
                item.setdefault("id", id_of(f"{self.key}\0{row.line}"))

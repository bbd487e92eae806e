"""How MongoDB is asked for a list: with which filter, order, index and collation.

A page starts behind a position, which is the last item of the page before (keyset pagination).
Unlike an offset, a position stays right while others insert and delete, and costs the same
everywhere in the list. Each filter has the list's own bounds beside those of the position, so that
MongoDB reads one interval of the index and stops at the limit. docs/finding.md says which lists an
index serves.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from bson import Decimal128

from djongo_engine.query.filters import any_of
from djongo_engine.query.lookups import END, escape

COLLATION = {"locale": "en", "strength": 1}
"""How names are ordered and looked up in their index: by letters, whatever case and accents."""

ORDERINGS = [sign + field for field in ("id", "name", "price", "count") for sign in ("", "-")]

UNORDERED_TYPES = [
    *("object", "array", "binData", "objectId", "bool", "date", "regex", "javascript"),
    *("timestamp", "minKey", "maxKey"),
]
"""Values of these types have no place among numbers and text; see docs/finding.md."""

# A comparison finds values of one type only, but a list goes through all types, in this order:
# https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/
NULLS, NANS, NUMBERS, TEXTS = range(4)
WHOLE_TYPES: list[dict[str, Any]] = [
    {"$eq": None},
    {"$eq": float("nan")},
    {"$gte": float("-inf")},
    {"$gte": ""},
]
# Ids are text: docs/decisions/ids-are-strings.md.
ANY_ID = {"_id": WHOLE_TYPES[TEXTS]}

Document = dict[str, Any]


class Position(NamedTuple):
    """A place in a list: behind the item of this id, with this value in the ordering's field."""

    value: Any
    id: str


@dataclass(frozen=True)
class Listing:
    """A list of items: which, and in what order.

    `conditions` has the arguments of the list by their names (`name`, `search`, `category`,
    `count`, `price`, and the bounds `count__gte` and the like); `ordering` is one of ORDERINGS.
    """

    conditions: Mapping[str, Any]
    ordering: str = "id"

    @property
    def field(self) -> str:
        """The field that orders."""
        return self.ordering.removeprefix("-")

    @property
    def sort(self) -> list[tuple[str, int]]:
        """The order: by the field, then by id in the same direction.

        It names every field of the index, also those before the ordering's, which are equal
        throughout: MongoDB then sees without further thought that the index is in this order.
        """
        fields = self._indexed
        if fields is None:
            fields = [] if self.field == "id" else [self.field]
        direction = -1 if self.ordering.startswith("-") else 1
        return [(field, direction) for field in [*fields, "_id"]]

    @property
    def options(self) -> dict[str, Any]:
        """The index and the collation, as pymongo's methods and MongoDB's commands take them."""
        options = {"hint": self.index, "collation": self.collation}
        return {name: value for name, value in options.items() if value is not None}

    @property
    def collation(self) -> dict[str, Any] | None:
        """The collation; None, the order of code points, where no name is compared."""
        return COLLATION if self.field == "name" or "name" in self.conditions else None

    @property
    def index(self) -> str | None:
        """The name of the index that serves the list in its order; None where there is none."""
        if self._indexed is None:
            return None
        return "_".join(["items", *self._indexed]) if self._indexed else "_id_"

    @property
    def _indexed(self) -> list[str] | None:
        """The fields before the id of the index that serves the list."""
        key = self.field
        if key == "id":
            # Among items that are equal in a field its index is in the order of their ids.
            key = next((name for name in ("name", "price", "count") if name in self.conditions), "")
        given = {argument.partition("__")[0] for argument in self.conditions}
        if given - {"category", key}:
            return None
        return [field for field in ("category", key) if field in {*given, self.field}]

    @property
    def filter(self) -> Document:
        """The filter for the whole list."""
        return self._with(ANY_ID)

    def filters(self, after: Position | None = None) -> list[Document]:
        """Return filters whose documents, one filter after the other, are the list.

        With a position, what is behind it: first equal values and then others of their type, each
        one interval of the list's index, and at last values of other types.
        """
        if after is None:
            return [self.filter]
        parts = list(self._parts(after))
        # Without an index MongoDB would read everything for each.
        return parts if self.index else [any_of(parts)]

    def _parts(self, after: Position) -> Iterator[Document]:
        forwards = not self.ordering.startswith("-")
        beyond = "$gt" if forwards else "$lt"
        same_value: Document = {"_id": {beyond: after.id}}
        if self.field == "id" or self.field in self.conditions:
            yield self._with(same_value)
            return
        yield self._with({self.field: {"$eq": after.value}, **same_value})
        kind = _kind(after.value)
        if kind in (NUMBERS, TEXTS):
            yield self._with({self.field: {beyond: after.value}, **ANY_ID})
        if any(argument.startswith(f"{self.field}__") for argument in self.conditions):
            # Bounds are numbers: no other type is in the list.
            return
        if others := WHOLE_TYPES[kind + 1 :] if forwards else WHOLE_TYPES[:kind]:
            yield any_of(self._with({self.field: other, **ANY_ID}) for other in others)

    def position(self, item: Mapping[str, Any]) -> Position:
        """Return the position behind an item."""
        return Position(None if self.field == "id" else item[self.field], item["id"])

    def _conditions(self) -> Iterator[Document]:
        for argument, value in self.conditions.items():
            field, _, operator = argument.partition("__")
            if argument == "search":
                yield {"name": {"$regex": escape(value), "$options": "is"}}
            elif argument == "name":
                # The index finds every spelling; the pattern tells accents apart.
                pattern = {"$regex": f"^{escape(value)}{END}", "$options": "is"}
                yield {"name": {"$eq": value, **pattern}}
            elif argument == "category" and self.collation:
                # The collation would take Tools for tools.
                yield {"category": {"$eq": value, "$regex": f"^{escape(value)}{END}"}}
            else:
                yield {field: {f"${operator or 'eq'}": value}}
        if self.field != "id":
            yield {self.field: {"$not": {"$type": UNORDERED_TYPES}}}

    def _with(self, bound: Document) -> Document:
        return _all_of([*self._conditions(), bound])


def _all_of(conditions: list[Document]) -> Document:
    """Return the conjunction, one flat document as far as no operator stands twice."""
    flat: Document = {}
    others = []
    for condition in conditions:
        for field, test in condition.items():
            known = flat.setdefault(field, {})
            if known.keys() & test.keys():
                others.append({field: test})
            else:
                known.update(test)
    return {"$and": [flat, *others]} if others else flat


def _kind(value: Any) -> int:
    """Return the place of a value's type in the order of types."""
    if value is None:
        return NULLS
    if isinstance(value, str):
        return TEXTS
    nan = value.to_decimal().is_nan() if isinstance(value, Decimal128) else math.isnan(value)
    return NANS if nan else NUMBERS

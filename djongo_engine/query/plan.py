"""A SELECT as one MongoDB command: a `find` where that says it all, else a pipeline."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pymongo.collection import Collection

from djongo_engine.query.documents import Document
from djongo_engine.query.filters import EVERYTHING

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Constant:
    """A selected value that no document holds."""

    value: Any


@dataclass
class Plan:
    """What to send to one collection, and how a document becomes a row.

    `filter`, `sort`, `skip` and `limit` are those of a find. `stages` come behind it, and make it
    a pipeline. `empty_row` is the row of an aggregate over nothing. A `shortcut` is tried first.
    """

    collection: str
    filter: Document
    columns: list[str | Constant]
    stages: list[Document] = field(default_factory=list)
    sort: dict[str, int] = field(default_factory=dict)
    skip: int = 0
    limit: int = 0
    empty_row: Row | None = None
    shortcut: "Shortcut | None" = None

    def pipeline(self) -> list[Document]:
        """Return the whole plan as an aggregation pipeline."""
        page = page_of(self.sort, self.skip, self.limit)
        return [*match(self.filter), *page, *self.stages]

    def documents(self, collection: Collection[Document]) -> Iterator[Document]:
        """Run the plan; return the documents."""
        if self.shortcut and (found := self.shortcut.documents(collection)) is not None:
            return iter(found)
        if self.stages:
            return iter(collection.aggregate(self.pipeline()))
        return collection.find(
            self.filter,
            self._projection(),
            sort=list(self.sort.items()) or None,
            skip=self.skip,
            limit=self.limit,
            # All in the first answer: MongoDB sends 101 documents of a larger page otherwise.
            batch_size=min(self.limit, 1000),
        )

    def _projection(self) -> Document:
        names = [column for column in self.columns if isinstance(column, str)]
        return {"_id": "_id" in names, **dict.fromkeys(names, True)}

    def row(self) -> Callable[[Document], Row]:
        """Return the function that makes a row of a document; what is missing is NULL."""
        if all(isinstance(column, str) and "." not in column for column in self.columns):
            # Fast for nearly every query; runs once a document.
            names: Any = self.columns
            return lambda document: tuple(map(document.get, names))
        getters = [_getter(column) for column in self.columns]
        return lambda document: tuple([get(document) for get in getters])


@dataclass(frozen=True)
class Shortcut:
    """A plan that takes the page before it looks partners up, which is right if none is missing.

    An INNER JOIN leaves out a row without its partner, and the page would have another row. Only a
    reference to what is not there has none.
    """

    plan: Plan
    partners: list[str]
    skip: int

    def documents(self, collection: Collection[Document]) -> list[Document] | None:
        """Run the plan; return the documents, or None if one lacks a partner."""
        documents = list(self.plan.documents(collection))
        if any(name not in document for document in documents for name in self.partners):
            return None
        return documents[self.skip :]


def match(filter_: Document) -> list[Document]:
    """Return a filter as stages of a pipeline: one, or none where everything passes."""
    return [{"$match": filter_}] if filter_ != EVERYTHING else []


def page_of(sort: Document, skip: int, limit: int) -> list[Document]:
    """Return a sort, a skip and a limit as the stages of a pipeline."""
    stages = {"$sort": sort, "$skip": skip, "$limit": limit}
    return [{stage: operand} for stage, operand in stages.items() if operand]


def _getter(column: str | Constant) -> Callable[[Document], Any]:
    if isinstance(column, Constant):
        return lambda document: column.value
    outer, _, inner = column.partition(".")
    if inner:
        return lambda document: (document.get(outer) or {}).get(inner)
    return lambda document: document.get(outer)

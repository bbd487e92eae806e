"""MongoDB filters and how SQL's AND, OR and XOR combine them."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from djongo_engine.query.documents import Document, is_null

EVERYTHING: Document = {}
NOTHING: Document = {"$nor": [{}]}


class Condition(NamedTuple):
    """The filter for documents where a condition is true, and where it is false."""

    true: Document
    false: Document

    def negated(self) -> "Condition":
        """Return NOT of this condition."""
        return Condition(self.false, self.true)


ALWAYS = Condition(EVERYTHING, NOTHING)
NEVER = Condition(NOTHING, EVERYTHING)


def all_of(filters: Iterable[Document]) -> Document:
    """Return the conjunction: one flat, index-friendly document where no key repeats."""
    parts = [part for part in filters if part != EVERYTHING]
    if NOTHING in parts:
        return NOTHING
    keys = [key for part in parts for key in part]
    if len(set(keys)) == len(keys):
        return {key: value for part in parts for key, value in part.items()}
    return {"$and": parts}


def any_of(filters: Iterable[Document]) -> Document:
    """Return the disjunction."""
    parts = [part for part in filters if part != NOTHING]
    if EVERYTHING in parts:
        return EVERYTHING
    if not parts:
        return NOTHING
    return parts[0] if len(parts) == 1 else {"$or": parts}


def parity(filters: list[Document]) -> Condition:
    """Return whether an odd number is true: Django's XOR counts a NULL as false."""
    odd, even = filters[0], {"$nor": [filters[0]]}
    for true in filters[1:]:
        false = {"$nor": [true]}
        odd, even = (
            {"$or": [{"$and": [odd, false]}, {"$and": [even, true]}]},
            {"$or": [{"$and": [odd, true]}, {"$and": [even, false]}]},
        )
    return Condition(odd, even)


def of_values(values: list[Any], test: Document) -> Condition:
    """Return the condition that a test makes of values: neither true nor false with a NULL."""
    known = [{"$not": [is_null(value)]} for value in values]
    return Condition(
        {"$expr": {"$and": [*known, test]}},
        {"$expr": {"$and": [*known, {"$not": [test]}]}},
    )


def as_expression(filter_: Document) -> Any:
    """Return a filter that consists of `$expr` alone as an expression."""
    terms: list[Any] = []
    for operator, operand in filter_.items():
        if operator == "$expr":
            terms.append(operand)
        elif operator == "$nor":
            terms.append({"$not": [{"$or": [as_expression(part) for part in operand]}]})
        else:
            terms.append({operator: [as_expression(part) for part in operand]})
    return {"$and": terms}

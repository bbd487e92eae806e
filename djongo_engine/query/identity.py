"""When two expressions of a query are the same."""

from collections.abc import Hashable, Iterator
from typing import Any


def key(expression: Any) -> Hashable:
    """Return a key for dictionaries: equal for expressions that read the same columns alike.

    To Django two `Count("tags")` are equal, even where a filter between them has joined the tags
    again, and they count different rows.
    """
    return tuple(_parts(expression))


def _parts(expression: Any) -> Iterator[Any]:
    """Yield an expression and everything inside it, conditions too, which `flatten()` passes by."""
    yield expression
    for source in expression.get_source_expressions():
        if source is not None:
            yield from _parts(source)

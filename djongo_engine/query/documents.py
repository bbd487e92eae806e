"""The documents of a query: their type, and the fields that the engine adds to them."""

from typing import Any

Document = dict[str, Any]

JOINED = "__joined_"
"""Prefix of the field that holds the document joined under an alias."""
COMPUTED = "__computed_"
"""Prefix of the field that holds a computed expression."""


def is_null(value: Any) -> Document:
    """Return an expression: true when `value` is null or missing, which sort below all else."""
    return {"$lte": [value, None]}

"""Indexes with a collation, which Django's own `Index` cannot say."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import models


class CollationIndex(models.Index):
    """An index whose text is compared by a collation.

    MongoDB uses it for the queries that name the same collation, and for no others:
    https://www.mongodb.com/docs/manual/reference/collation/
    """

    def __init__(self, *, collation: Mapping[str, Any], **options: Any) -> None:
        """Take the collation document beside the options of `models.Index`."""
        super().__init__(**options)
        self.collation = dict(collation)

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        """Return what a migration writes."""
        path, args, options = super().deconstruct()
        return path, args, {**options, "collation": self.collation}

    def clone(self) -> "CollationIndex":
        """Return a copy."""
        _, _, options = self.deconstruct()
        return type(self)(**options)

"""djongo's pass-through manager, made quick."""

from typing import Any

from django.db import connections
from djongo.models import DjongoManager
from pymongo.collection import Collection

PREFIX = "mongo_"


class PassThroughManager(DjongoManager):
    """`mongo_find` and its like are the methods of the model's pymongo collection."""

    @property
    def connection(self) -> Any:
        """The model's DatabaseWrapper."""
        return connections[self.db]

    @property
    def collection(self) -> Collection[dict[str, Any]]:
        """The model's pymongo collection."""
        collection: Collection[dict[str, Any]] = self.connection.collection(
            self.model._meta.db_table
        )
        return collection

    def __getattr__(self, name: str) -> Any:
        # djongo makes a cursor, two wrappers and a collection for each command.
        if not name.startswith(PREFIX):
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        return getattr(self.collection, name.removeprefix(PREFIX))

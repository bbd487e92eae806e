"""`connection.queries`: the commands sent, while DEBUG is set or a test counts them."""

import logging
import time
from collections.abc import Callable
from typing import Any

from pymongo.collection import Collection

logger = logging.getLogger("django.db.backends")


class LoggedCollection:
    """A collection that notes every command it is sent, in the form of Django's own log."""

    def __init__(self, collection: Collection[dict[str, Any]], connection: Any) -> None:
        """Take the collection, and the connection whose `queries_log` to write to."""
        self._collection = collection
        self._connection = connection

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._collection, name)

        def logged(*args: Any, **options: Any) -> Any:
            said = [*map(repr, args), *(f"{key}={value!r}" for key, value in options.items())]
            command = f"{self._collection.name}.{name}({', '.join(said)})"
            started = time.monotonic()
            try:
                return method(*args, **options)
            finally:
                duration = time.monotonic() - started
                self._connection.queries_log.append({"sql": command, "time": f"{duration:.3f}"})
                logger.debug("(%.3f) %s", duration, command)

        return logged

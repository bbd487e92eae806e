"""The commands that MongoDB is sent on behalf of a test."""

from collections.abc import Iterator
from contextlib import contextmanager

from pymongo import monitoring


class Sent(monitoring.CommandListener):
    """Notes the name of each command on one collection while `names` is a list."""

    collection: str
    names: list[str] | None = None

    def started(self, event) -> None:
        # A getMore names its collection in a field of its own.
        collections = (event.command.get(event.command_name), event.command.get("collection"))
        if self.names is not None and self.collection in collections:
            self.names.append(event.command_name)

    def succeeded(self, event) -> None: ...

    def failed(self, event) -> None: ...


_sent = Sent()
# Every client that is made from here on reports to it.
monitoring.register(_sent)


@contextmanager
def commands(collection: str = "items") -> Iterator[list[str]]:
    """The names of the commands on a collection that are sent while the block runs."""
    _sent.collection = collection
    _sent.names = names = []
    try:
        yield names
    finally:
        _sent.names = None

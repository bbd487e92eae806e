"""The commands that MongoDB is sent on behalf of a test."""

from collections.abc import Iterator
from contextlib import contextmanager

from pymongo import monitoring


class Sent(monitoring.CommandListener):
    """Notes the name and the comment of each command on one collection, while there are lists."""

    collection: str
    names: list[str] | None = None
    comments: list[str | None]

    def started(self, event) -> None:
        # A getMore names its collection in a field of its own.
        collections = (event.command.get(event.command_name), event.command.get("collection"))
        if self.names is not None and self.collection in collections:
            self.names.append(event.command_name)
            self.comments.append(event.command.get("comment"))

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
    _sent.comments = []
    try:
        yield names
    finally:
        _sent.names = None


@contextmanager
def commented(collection: str = "items") -> Iterator[list[tuple[str, str | None]]]:
    """The commands on a collection that the block sent, each with its comment, when it is over."""
    pairs: list[tuple[str, str | None]] = []
    with commands(collection) as names:
        yield pairs
    pairs += zip(names, _sent.comments, strict=True)

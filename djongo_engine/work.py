"""What is done in the database for one request: under which name, and how long it took."""

from collections.abc import Callable
from contextvars import ContextVar


class Work:
    """The commands that a thread sends within a context.

    `comment` goes with each of them (MongoDB shows it in its log, its profiler and `currentOp`);
    `database_seconds` is the time that they took together, with their waits for a connection.
    """

    __slots__ = ("comment", "database_seconds")

    def __init__(self, comment: str) -> None:
        """Take the comment; nothing has been done yet."""
        self.comment = comment
        self.database_seconds = 0.0


current: ContextVar[Work | None] = ContextVar("work", default=None)
"""The work of this context; None where nobody asks for it."""

threads: set[int] = set()
"""The threads that are within an operation. To add to a set is one step, as is to discard; a number
that rises and falls would need a lock."""

observers: list[Callable[[float, Exception | None], None]] = []
"""Are called after each block of translate_errors, which is one command or a few that belong
together: with its seconds, and with pymongo's error if there was one. They may raise nothing."""

"""How the commands that move items end: what they say, and their exit codes."""

import contextlib
import signal
from collections.abc import Iterator

INCOMPLETE = 1
STOPPED = 2
AWAY = 3
INTERRUPTED = 128 + signal.SIGINT


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Take SIGTERM for Ctrl-C within the block, so that a command ends in order."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def printable(text: str) -> str:
    """Return text without what would move a terminal's cursor, or change its colours."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)

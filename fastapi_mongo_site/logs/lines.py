"""Lines that every request and every write has, written by a thread of their own.

To make and write a line within a request takes 16 us as JSON and 30 as text, 8 and 15 % of a GET by
id: the processor's caches are cold there, and each line is a system call. In turns it takes 6 and 9
in all, of which 2 are the request's; the answer waits for no reader of the log. A worker that is
killed (SIGKILL) loses the lines of one turn.
"""

import atexit
import logging
import os
import select
import stat
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from fastapi_mongo_site.logs.rendering import Render, as_text, timestamp

logger = logging.getLogger(__name__)

STDERR = 2
FILE_BYTES = 64 * 1024
"""How much is written to a file at once."""
TURN_SECONDS = 0.1
TURN_LINES = 200
"""So many that wait are written before the turn is over: they hold some 1 KB each."""
CLOSE_SECONDS = 1.0
MAX_WAITING = 10_000
"""Lines that wait while the log takes none; those beyond are counted and dropped."""

Facts = Mapping[str, Any]


class Lines:
    """The lines that are to be written, of one process."""

    def __init__(self) -> None:
        """Write text until told otherwise."""
        self.render: Render = as_text
        self._begin_anew()
        os.register_at_fork(after_in_child=self._begin_anew)

    def _begin_anew(self) -> None:
        self._waiting: deque[tuple[float, str, str, Callable[[Any], Facts], Any]] = deque()
        self._wanted, self._plenty = threading.Event(), threading.Event()
        self._starting, self._writing = threading.Lock(), threading.Lock()
        self._thread: threading.Thread | None = None
        self._dropped = 0
        self._cut = False

    def add(self, name: str, event: str, facts_of: Callable[[Any], Facts], subject: Any) -> None:
        """Have a line of the level `info` written under a logger's name.

        What it says is made later, by `facts_of` from the subject, which nobody is to change.
        """
        waiting = len(self._waiting)
        if waiting >= MAX_WAITING:
            self._dropped += 1
            return
        self._waiting.append((time.time(), name, event, facts_of, subject))
        if not self._wanted.is_set():
            self._wake()
        elif waiting >= TURN_LINES and not self._plenty.is_set():
            self._plenty.set()

    def _wake(self) -> None:
        with self._starting:
            if self._thread is None:
                thread = threading.Thread(target=self._run, name="log-lines", daemon=True)
                try:
                    thread.start()
                except RuntimeError:
                    # The next line tries again, and the end of the process writes what waits.
                    return
                self._thread = thread
        self._wanted.set()

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            self._plenty.wait(TURN_SECONDS)
            self._wanted.clear()
            self._plenty.clear()
            self.flush()

    def flush(self) -> None:
        """Write what waits.

        Workers that share stderr do not cut each other's lines: what one system call writes stays
        together in a file, and elsewhere up to PIPE_BUF bytes.
        """
        with self._writing:
            # At each call the interpreter goes to another thread, and more lines come.
            most = FILE_BYTES if is_file(STDERR) else select.PIPE_BUF
            block: list[bytes] = []
            size = 0
            for _ in range(len(self._waiting)):
                line = self._line(*self._waiting.popleft())
                if size + len(line) > most:
                    self.send(b"".join(block))
                    block, size = [], 0
                block.append(line)
                size += len(line)
            self.send(b"".join(block))
        if self._dropped:
            dropped, self._dropped = self._dropped, 0
            logger.error("%d lines were dropped, as the log did not take them.", dropped)

    def close(self) -> None:
        """Have what waits written, within a second: the reader of the log may have stalled."""
        until = time.monotonic() + CLOSE_SECONDS
        if self._thread is None:
            self.flush()
        while self._waiting and time.monotonic() < until:
            time.sleep(TURN_SECONDS)
        # It may be writing the last of them.
        if self._writing.acquire(timeout=max(0, until - time.monotonic())):
            self._writing.release()

    def _line(
        self, at: float, name: str, event: str, facts_of: Callable[[Any], Facts], subject: Any
    ) -> bytes:
        head = {"timestamp": timestamp(at), "level": "info", "logger": name, "event": event}
        try:
            return self.render({**head, **facts_of(subject)})
        # Whatever it is: no line would be written any more.
        except Exception:
            logger.exception("A line of %s cannot be written.", name)
            return b""

    def send(self, block: bytes) -> None:
        """Write to stderr. A log that cannot be written stops nothing; what it lacks is counted."""
        end_of_cut_line = b"\n" if self._cut else b""
        whole, written = end_of_cut_line + block, 0
        with suppress(OSError):
            written = os.write(STDERR, whole)
        if written:
            self._cut = not whole.endswith(b"\n", 0, written)
        self._dropped += block.count(b"\n", max(0, written - len(end_of_cut_line)))


def is_file(descriptor: int) -> bool:
    """Tell whether what is written there goes into a file."""
    try:
        return stat.S_ISREG(os.fstat(descriptor).st_mode)
    except OSError:
        return False


lines = Lines()
atexit.register(lines.close)

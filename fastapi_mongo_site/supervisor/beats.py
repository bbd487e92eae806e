"""The workers' beats: each tells the supervising process once a second that it runs.

They are datagrams with the worker's process id, on a socket that all workers inherit
(docs/decisions/probes-have-a-listener.md).
"""

import asyncio
import contextlib
import os
import socket
import struct
import threading
import time

BEAT_SECONDS = 1.0
SILENT_SECONDS = 10.0
"""A worker that did not beat for so long hangs, or is gone."""
_BEAT = struct.Struct("=i")


def channel() -> tuple[socket.socket, socket.socket]:
    """Return the two ends of a channel for beats: where they arrive, and where they are sent."""
    return socket.socketpair(type=socket.SOCK_DGRAM)


def beat(outbox: socket.socket) -> None:
    """Beat from now on, by a thread of its own."""

    def run() -> None:
        while True:
            # Nobody listens any more, or has not listened for so long that the socket is full.
            with contextlib.suppress(OSError):
                outbox.send(_BEAT.pack(os.getpid()))
            time.sleep(BEAT_SECONDS)

    outbox.setblocking(False)
    threading.Thread(target=run, name="beat", daemon=True).start()


class Workers:
    """Those that beat, as the supervising process knows them."""

    def __init__(self, number: int, inbox: socket.socket) -> None:
        """Take how many there are to be once they are started, and where their beats arrive."""
        self._number = number
        self._inbox = inbox
        self._heard: dict[int, float] = {}
        self._started: float | None = None

    def start(self) -> None:
        """Take note that the workers are being started."""
        self._started = time.monotonic()

    def listen(self) -> None:
        """Note beats as they come, in the running event loop."""
        asyncio.get_running_loop().add_reader(self._inbox, self._hear)

    def _hear(self) -> None:
        (pid,) = _BEAT.unpack(self._inbox.recv(_BEAT.size))
        self._heard[pid] = time.monotonic()

    def beating(self) -> list[int]:
        """Return the process ids of the workers that beat."""
        now = time.monotonic()
        return [pid for pid, heard in self._heard.items() if now - heard < SILENT_SECONDS]

    def faults(self) -> list[str]:
        """Return a sentence for each worker that is missing."""
        beating = self.beating()
        missing = self._number - len(beating)
        if self._started is None or missing <= 0:
            # Whoever fell silent before has been replaced.
            self._heard = {pid: self._heard[pid] for pid in beating}
            return []
        if time.monotonic() - self._started < SILENT_SECONDS:
            return []
        silent = sorted(self._heard.keys() - set(beating), key=self._heard.__getitem__)
        hang = [f"Worker {pid} hangs." for pid in silent if _exists(pid)]
        gone = [f"Worker {pid} is gone." for pid in reversed(silent) if not _exists(pid)]
        never = ["A worker did not start."] * missing
        return [*hang, *gone, *never][:missing]


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True

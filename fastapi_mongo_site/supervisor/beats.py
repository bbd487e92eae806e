"""The workers' beats: each tells the supervising process once a second that it runs, and more.

They are datagrams with the worker's process id and a text, on a socket that all workers inherit
(docs/decisions/probes-have-a-listener.md).
"""

import asyncio
import contextlib
import itertools
import os
import socket
import struct
import threading
import time
from collections.abc import Callable

BEAT_SECONDS = 1.0
SILENT_SECONDS = 10.0
"""A worker that did not beat for so long hangs, or is gone."""
MAX_TEXT_BYTES = 64 * 1024
_BEAT = struct.Struct("=i")

Send = Callable[[bytes], None]


def channel() -> tuple[socket.socket, socket.socket]:
    """Return the two ends of a channel for beats: where they arrive, and where they are sent."""
    inbox, outbox = socket.socketpair(type=socket.SOCK_DGRAM)
    # macOS takes no datagrams above 2 KiB otherwise.
    outbox.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * MAX_TEXT_BYTES)
    return inbox, outbox


def beat(outbox: socket.socket, report: Callable[[Send], None]) -> None:
    """Beat from now on, by a thread of its own.

    At each beat `report` is given a function that sends a text, of MAX_TEXT_BYTES at most, and
    raises OSError if it cannot. It sends one text or more.
    """

    def send(text: bytes) -> None:
        outbox.send(_BEAT.pack(os.getpid()) + text)

    def run() -> None:
        while True:
            # Nobody listens any more, or has not listened for so long that the socket is full.
            with contextlib.suppress(OSError):
                report(send)
            time.sleep(BEAT_SECONDS)

    outbox.settimeout(BEAT_SECONDS)
    threading.Thread(target=run, name="beat", daemon=True).start()


class Workers:
    """Those that beat, as the supervising process knows them."""

    def __init__(
        self, number: int, inbox: socket.socket, take: Callable[[int, bytes], None]
    ) -> None:
        """Take how many there are to be once they are started, and where their beats arrive.

        `take` is called with the process id and the text of each beat.
        """
        self.number = number
        self._inbox = inbox
        self._take = take
        self._heard: dict[int, float] = {}
        self._places: dict[int, int] = {}
        self._starts = 0
        self._started: float | None = None

    def start(self) -> None:
        """Take note that the workers are being started."""
        self._started = time.monotonic()

    def listen(self) -> None:
        """Note beats as they come, in the running event loop."""
        asyncio.get_running_loop().add_reader(self._inbox, self._hear)

    def _hear(self) -> None:
        datagram = self._inbox.recv(_BEAT.size + MAX_TEXT_BYTES)
        (pid,) = _BEAT.unpack_from(datagram)
        if pid not in self._heard:
            self._starts += 1
        self._heard[pid] = time.monotonic()
        self._take(pid, datagram[_BEAT.size :])

    def beating(self) -> list[int]:
        """Return the process ids of the workers that beat."""
        now = time.monotonic()
        return [pid for pid, heard in self._heard.items() if now - heard < SILENT_SECONDS]

    def places(self) -> dict[int, int]:
        """Return the place of each worker that is there, from 1 on, by its process id.

        A worker that is started for one that ended takes its place.
        """
        there = [pid for pid in self.beating() if _exists(pid)]
        places = {pid: self._places[pid] for pid in there if pid in self._places}
        free = (place for place in itertools.count(1) if place not in places.values())
        for pid in there:
            if pid not in places:
                places[pid] = next(free)
        self._places = places
        return places

    @property
    def restarts(self) -> int:
        """How many workers were started for one that ended."""
        return max(0, self._starts - self.number)

    def faults(self) -> list[str]:
        """Return a sentence for each worker that is missing."""
        beating = self.beating()
        missing = self.number - len(beating)
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

"""Sends requests at a rate, whether or not the answers keep up, as many separate clients do.

A request's time counts from when it was due. So one that waits for a free connection is as slow as
its client would find it (https://www.scylladb.com/2021/04/22/on-coordinated-omission/).
"""

import selectors
import socket
import time
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from benchmarks.load import is_whole


class Request(NamedTuple):
    """What is sent, and the status of the answer."""

    message: bytes
    status: int


class Paced(NamedTuple):
    """What came of some seconds of requests."""

    seconds: float
    times: list[float]
    """How long each answered request took, in seconds, shortest first."""
    errors: Counter[str]
    """How often each other status came, or no answer."""

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.times) / self.seconds

    def percentile(self, share: float) -> float:
        """Return the time within which this share of the requests was answered, in seconds."""
        return self.times[min(len(self.times) - 1, int(len(self.times) * share))]


class _Connection:
    """One connection: free, or with a request under way."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.answer = b""
        self.due = 0.0
        self.status = 0

    def send(self, request: Request, due: float) -> None:
        self.answer, self.due, self.status = b"", due, request.status
        self.socket.sendall(request.message)

    def error(self) -> str | None:
        """Say what is wrong with the whole answer; None if nothing is."""
        if not self.answer:
            return "no answer"
        status = self.answer[9:12].decode(errors="replace")
        return None if status == str(self.status) else f"{status} for {self.status}"


def paced(
    port: int, requests: Iterator[Request], rate: float, connections: int, seconds: float
) -> Paced:
    """Send so many requests a second for so long; `math.inf` is as many as are answered."""
    times: list[float] = []
    errors: Counter[str] = Counter()
    started = time.perf_counter()
    sent = 0
    free = [_Connection(port) for _ in range(connections)]
    with selectors.DefaultSelector() as selector:
        while True:
            now = time.perf_counter()
            over = now >= started + seconds
            while free and not over and (due := started + sent / rate) <= now:
                connection = free.pop()
                connection.send(next(requests), due)
                selector.register(connection.socket, selectors.EVENT_READ, connection)
                sent += 1
            if over and not selector.get_map():
                break
            due = started + sent / rate
            for key, _ in selector.select(0.01 if over or not free else max(0, due - now)):
                connection = key.data
                chunk = connection.socket.recv(2**16)
                connection.answer += chunk
                if chunk and not is_whole(connection.answer):
                    continue
                selector.unregister(connection.socket)
                error = connection.error() if chunk else "no answer"
                if error:
                    errors[error] += 1
                else:
                    times.append(time.perf_counter() - connection.due)
                if not chunk:
                    connection.socket.close()
                    connection = _Connection(port)
                free.append(connection)
    for connection in free:
        connection.socket.close()
    return Paced(time.perf_counter() - started, sorted(times), errors)

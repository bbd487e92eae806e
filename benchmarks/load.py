"""Loads a service: each connection sends its next request as soon as the last one is answered."""

import selectors
import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import NamedTuple


class Load(NamedTuple):
    """What came of some seconds of requests."""

    seconds: float
    times: list[float]
    """How long each answered request took, in seconds, shortest first."""
    client_cpu: float
    """The CPU time of this process in seconds."""

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.times) / self.seconds

    def percentile(self, share: float) -> float:
        """Return the time within which this share of the requests was answered."""
        return self.times[min(len(self.times) - 1, int(len(self.times) * share))]


def load(
    port: int, requests: Iterable[bytes], status: int, connections: int, seconds: float
) -> Load:
    """Send requests for so long, or until there are no more.

    One thread for all connections, that parses only what it needs: it shares the machine with
    what it measures. Raises RuntimeError with an answer that has another status.
    """
    expected = b"HTTP/1.1 %d " % status
    messages = iter(requests)
    times: list[float] = []
    with ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        opened = []
        for _ in range(connections):
            connection = socket.create_connection(("127.0.0.1", port), timeout=30)
            opened.append(stack.enter_context(connection))
        cpu, started = time.process_time(), time.perf_counter()
        until = started + seconds
        for connection in opened:
            exchange = _exchange(connection, messages, expected, until, times)
            if next(exchange, None):
                selector.register(connection, selectors.EVENT_READ, exchange)
        while selector.get_map():
            for key, _ in selector.select():
                if not next(key.data, None):
                    selector.unregister(key.fileobj)
        return Load(time.perf_counter() - started, sorted(times), time.process_time() - cpu)


def _exchange(
    connection: socket.socket,
    messages: Iterator[bytes],
    expected: bytes,
    until: float,
    times: list[float],
) -> Iterator[bool]:
    """Send requests one after the other; give True whenever there is more to wait for."""
    for message in messages:
        sent = time.perf_counter()
        if sent > until:
            return
        connection.sendall(message)
        yield True
        answer = connection.recv(2**16)
        while not is_whole(answer):
            yield True
            more = connection.recv(2**16)
            if not more:
                raise RuntimeError(f"The connection was closed after {answer!r}")
            answer += more
        times.append(time.perf_counter() - sent)
        if not answer.startswith(expected):
            raise RuntimeError(answer.decode(errors="replace"))


def is_whole(answer: bytes) -> bool:
    """Tell whether an answer has all the bytes that its head promises."""
    end = answer.find(b"\r\n\r\n")
    if end < 0:
        return False
    head = answer[: end + 2].lower()
    start = head.find(b"\r\ncontent-length:")
    length = 0 if start < 0 else int(head[start + 17 : head.index(b"\r\n", start + 2)])
    return len(answer) == end + 4 + length

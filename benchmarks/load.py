"""Loads a service: each connection sends its next request as soon as the last one is answered."""

import selectors
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count


def answers(
    port: int, make_request: Callable[[int], bytes], connections: int, seconds: float
) -> int:
    """Return how many requests were answered; raise RuntimeError at a status that is no success.

    One thread for all connections, that parses only what it needs: it shares the machine with
    what it measures.
    """
    until = time.monotonic() + seconds
    numbers = count()
    answered = 0
    with ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        for _ in range(connections):
            connection = socket.create_connection(("127.0.0.1", port), timeout=30)
            stack.enter_context(connection)
            exchange = _exchange(connection, make_request, numbers)
            next(exchange)
            selector.register(connection, selectors.EVENT_READ, exchange)
        while time.monotonic() < until:
            for key, _ in selector.select(1):
                answered += next(key.data)
    return answered


def _exchange(
    connection: socket.socket, make_request: Callable[[int], bytes], numbers: Iterator[int]
) -> Iterator[bool]:
    """Send requests one after the other; give, whenever there is more, whether one is answered."""
    while True:
        connection.sendall(make_request(next(numbers)))
        yield True
        answer = bytearray()
        while not _is_whole(answer):
            answer += connection.recv(2**16)
            if not _is_whole(answer):
                yield False


def _is_whole(answer: bytearray) -> bool:
    head, end, body = answer.partition(b"\r\n\r\n")
    if not end:
        return False
    status, *headers = head.lower().split(b"\r\n")
    if not status.startswith(b"http/1.1 2"):
        raise RuntimeError(answer.decode(errors="replace"))
    lengths = [line for line in headers if line.startswith(b"content-length:")]
    return len(body) == int(lengths[0].partition(b":")[2])

"""Sockets whose timeouts the kernel keeps, so that a command of MongoDB's is three system calls.

With Python's timeouts it is ten: pymongo sets another before and after each of its two reads, and
Python asks before each call whether it would block. At each of the ten a thread lets the
interpreter go, and may wait until it has it again. With three, a service of three threads answers
1.1 times as many requests of one command.
"""

import socket
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pymongo.synchronous import pool

POLL_SECONDS = 0.5
"""For how long pymongo waits at most in one read, before it looks whether its time is up."""
UNBLOCKED_BYTES = 4096
"""What the kernel always takes at once: the smallest buffer of a connection on which nothing is
under way (`tcp_wmem` in man 7 tcp)."""
_TIMEVAL = struct.Struct("@ll")


class Socket(socket.socket):
    """A connected socket that blocks, in place of one with a timeout.

    Reads of pymongo's usual timeout and small writes take the kernel's (SO_RCVTIMEO and
    SO_SNDTIMEO in man 7 socket), others have the timeout that was set. The kernel begins anew after
    a signal, so a thread that takes one more often than each half second waits beyond its timeout.
    That could be the main thread alone.
    """

    __slots__ = ("_timeout",)

    def __init__(self, connected: socket.socket) -> None:
        """Take the place of this socket, which is no longer of use."""
        self._timeout = connected.gettimeout()
        super().__init__(fileno=connected.detach())
        super().settimeout(None)
        half_a_second = _TIMEVAL.pack(0, int(POLL_SECONDS * 1e6))
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            self.setsockopt(socket.SOL_SOCKET, option, half_a_second)

    def gettimeout(self) -> float | None:
        """Return the timeout that was set, in seconds."""
        return self._timeout

    def settimeout(self, value: float | None) -> None:
        """Set the timeout of reads and writes, in seconds."""
        self._timeout = value

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        """Read what there is into the buffer. Raises TimeoutError."""
        if self._timeout != POLL_SECONDS:
            with self._python_timeout():
                return super().recv_into(buffer, nbytes, flags)
        try:
            return super().recv_into(buffer, nbytes, flags)
        except BlockingIOError:
            raise TimeoutError("timed out") from None

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Write everything. Raises TimeoutError."""
        if len(data) > UNBLOCKED_BYTES:
            with self._python_timeout():
                super().sendall(data, flags)
            return
        try:
            super().sendall(data, flags)
        except BlockingIOError:
            raise TimeoutError("timed out") from None

    @contextmanager
    def _python_timeout(self) -> Iterator[None]:
        super().settimeout(self._timeout)
        try:
            yield
        finally:
            super().settimeout(None)


class Pool(pool.Pool):
    """pymongo's, with these sockets for commands; without TLS, with a timeout, and on Linux."""

    def connect(self, handler: Any = None) -> pool.Connection:
        """Return a new connection. Raises ConnectionFailure."""
        connection = super().connect(handler)
        plain = connection.conn.conn
        if (
            type(plain) is socket.socket
            and plain.gettimeout() is not None
            and not self.is_sdam
            and sys.platform == "linux"
        ):
            connection.conn.conn = Socket(plain)
        return connection

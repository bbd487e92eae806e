"""A proxy before a MongoDB, which cuts connections, answers errors or goes silent when told to."""

import contextlib
import itertools
import select
import socket
import struct
import threading
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import bson

# https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/
OP_MSG = 2013
HEADER_BYTES = 16
# What a client asks by itself.
HANDSHAKES = frozenset({"hello", "ismaster", "isMaster", "endSessions"})

Fault = Literal["cut", "freeze"] | Mapping[str, Any]
"""The connection is closed, nothing is answered, or this document is."""


class Proxy:
    """Passes messages on; `port` is where clients connect, `asked` the commands that came."""

    def __init__(self, port: int) -> None:
        """Take the port of the server, on the loopback interface."""
        self._server = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.asked: list[str] = []
        self._fault: Fault | None = None
        self._times: Iterator[int] = iter(())
        self._spared = HANDSHAKES
        threading.Thread(target=self._accept, daemon=True).start()

    def fail(self, fault: Fault, times: int = 2**62, *, handshakes: bool = False) -> None:
        """Do this with so many of the next commands; with `handshakes` with those too.

        Then the monitors of the clients see the fault when they ask next, and no connection can be
        made.
        """
        self.asked.clear()
        self._spared = frozenset() if handshakes else HANDSHAKES
        self._fault, self._times = fault, iter(range(times))

    def heal(self) -> None:
        """Pass everything on again."""
        self._times = iter(())

    def close(self) -> None:
        """Accept no more connections."""
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client, socket.create_connection(self._server) as server:
            while True:
                readable, _, _ = select.select([client, server], [], [])
                if server in readable:
                    if not (data := server.recv(2**16)):
                        return
                    client.sendall(data)
                if client in readable:
                    if not (message := _message(client)):
                        return
                    fault = self._fault_for(message)
                    if fault == "cut":
                        return
                    if fault is None:
                        server.sendall(message)
                    elif fault != "freeze":
                        client.sendall(_reply(message, fault))

    def _fault_for(self, message: bytes) -> Fault | None:
        name = _command(message)
        if name not in HANDSHAKES:
            self.asked.append(name)
        if name in self._spared:
            return None
        return self._fault if next(self._times, None) is not None else None


def _message(connection: socket.socket) -> bytes:
    """Return the next whole message; nothing at the end."""
    head = connection.recv(HEADER_BYTES, socket.MSG_WAITALL)
    if len(head) < HEADER_BYTES:
        return b""
    (length,) = struct.unpack_from("<i", head)
    return head + connection.recv(length - HEADER_BYTES, socket.MSG_WAITALL)


def _command(message: bytes) -> str:
    """Return the name of a message's command."""
    (opcode,) = struct.unpack_from("<i", message, 12)
    if opcode != OP_MSG:
        # The first message of a connection may be an OP_QUERY, of which only a hello is left.
        return "hello"
    # Behind the flags and the kind of the first section, which is the command.
    command = bson.decode(message[21 : 21 + struct.unpack_from("<i", message, 21)[0]])
    return str(next(iter(command)))


_ids = itertools.count(1)


def _reply(message: bytes, document: Mapping[str, Any]) -> bytes:
    (request,) = struct.unpack_from("<i", message, 4)
    body = struct.pack("<iB", 0, 0) + bson.encode(document)
    return struct.pack("<iiii", HEADER_BYTES + len(body), next(_ids), request, OP_MSG) + body


@contextlib.contextmanager
def proxy_before(port: int) -> Iterator[Proxy]:
    """Give a proxy before the server at a port."""
    proxy = Proxy(port)
    try:
        yield proxy
    finally:
        proxy.close()

"""A proxy before a MongoDB, which fails in the ways that a MongoDB does, when told to."""

import contextlib
import itertools
import select
import socket
import struct
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import bson

# https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/
OP_MSG = 2013
HEADER_BYTES = 16
# What a client asks by itself.
HANDSHAKES = frozenset({"hello", "ismaster", "isMaster", "endSessions"})

Fault = Literal["cut", "freeze", "lose", "halve"] | float | Mapping[str, Any]
"""What happens to a command.

"cut": it never arrives, as the connection is closed. "lose" and "halve": it is executed, and the
connection is closed before the reply, or in the middle of it. "freeze": nothing is answered. A
number: it waits for so many seconds. A document: that is the answer, and nothing is executed.
"""


class Proxy:
    """Passes messages on; `port` is where clients connect.

    `asked` holds the commands that came, each as its name and the collection.
    """

    def __init__(self, port: int) -> None:
        """Take the port of the server, on the loopback interface."""
        self._server = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.asked: list[tuple[str, Any]] = []
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
                    if isinstance(fault, Mapping):
                        client.sendall(_reply(message, fault))
                    elif fault != "freeze":
                        time.sleep(fault if isinstance(fault, float) else 0)
                        server.sendall(message)
                    if fault in ("lose", "halve"):
                        reply = _message(server)
                        client.sendall(reply[: len(reply) // 2] if fault == "halve" else b"")
                        return

    def _fault_for(self, message: bytes) -> Fault | None:
        name, collection = _command(message)
        if name not in HANDSHAKES:
            self.asked.append((name, collection))
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


def _command(message: bytes) -> tuple[str, Any]:
    """Return the name of a message's command, and the collection where it has one."""
    (opcode,) = struct.unpack_from("<i", message, 12)
    if opcode != OP_MSG:
        # The first message of a connection may be an OP_QUERY, of which only a hello is left.
        return "hello", 1
    # Behind the flags and the kind of the first section, which is the command.
    command = bson.decode(message[21 : 21 + struct.unpack_from("<i", message, 21)[0]])
    name, collection = next(iter(command.items()))
    return str(name), collection


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

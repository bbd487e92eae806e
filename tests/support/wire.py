"""Requests on the wire that no HTTP library sends."""

import contextlib
import json
import socket
from collections.abc import Iterator

from tests.examples import SENT
from tests.support.accounts import AUTHORIZATION

JSON = "application/json"


def body_with(**members):
    """An item's JSON with these members as they are written."""
    texts = {name: json.dumps(value) for name, value in SENT.items()} | members
    return "{" + ",".join(f"{json.dumps(name)}:{text}" for name, text in texts.items()) + "}"


def connect(service) -> socket.socket:
    """A connection to a service, as over a network.

    With the segments and the buffers of the loopback interface the kernels take megabytes from the
    service before the client reads any.
    """
    connection = socket.socket()
    connection.settimeout(10)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1_400)
    connection.connect(("127.0.0.1", service.port))
    return connection


def received(connection: socket.socket) -> bytes:
    """All that comes on a connection until it ends."""
    answer = b""
    with contextlib.suppress(ConnectionResetError):
        while more := connection.recv(65_536):
            answer += more
    return answer


@contextlib.contextmanager
def connections(service, sent: bytes, number: int = 30) -> Iterator[list[socket.socket]]:
    """Connections that have sent these bytes, and read nothing."""
    with contextlib.ExitStack() as opened:
        these = [opened.enter_context(connect(service)) for _ in range(number)]
        for connection in these:
            connection.sendall(sent)
        yield these


CREDENTIALS = f"Authorization: {AUTHORIZATION['Authorization']}"


def head(*headers: str, method: str = "GET", path: str = "/") -> bytes:
    """The head of a request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1")


def exchange(
    service, headers, body=b"", *, method="POST", path="/v1/items", end=False, content_type=JSON
):
    """Send bytes as they are, with credentials; return the status and the text of the answer."""
    lines = ["Connection: close", CREDENTIALS, *headers]
    lines += [f"Content-Type: {content_type}"] if content_type else []
    with connect(service) as connection:
        # A server that refuses a head closes the connection before it has read it all.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(head(*lines, method=method, path=path) + body)
        if end:
            connection.shutdown(socket.SHUT_WR)
        answer = received(connection)
    status, _, rest = answer.partition(b"\r\n")
    if status.split()[1] == b"100":
        status, _, rest = rest.lstrip().partition(b"\r\n")
    return int(status.split()[1]), rest.decode()


def chunks(body, size=16):
    """A body in the chunked coding, with the empty chunk that ends it."""
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in [*parts, b""])

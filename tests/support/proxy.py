"""A TCP proxy before a server, which cuts connections when it is told to."""

import contextlib
import select
import socket
import threading
from collections.abc import Iterator


class Proxy:
    """Passes bytes on in both directions; `port` is where clients connect."""

    def __init__(self, port: int) -> None:
        """Take the port of the server, on the loopback interface."""
        self._server = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._cuts = 0
        self._word = b""
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self, word: bytes, times: int) -> None:
        """Close the connection instead of passing on what holds a word, so many times."""
        self._word, self._cuts = word, times

    @property
    def cuts_left(self) -> int:
        """How often it is still to cut."""
        return self._cuts

    def close(self) -> None:
        """Accept no more connections."""
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        with client, socket.create_connection(self._server) as server, contextlib.suppress(OSError):
            while True:
                readable, _, _ = select.select([client, server], [], [])
                for source in readable:
                    data = source.recv(2**16)
                    cut = source is client and self._cuts and self._word in data
                    if cut:
                        self._cuts -= 1
                    if cut or not data:
                        return
                    (server if source is client else client).sendall(data)


@contextlib.contextmanager
def proxy_before(port: int) -> Iterator[Proxy]:
    """Give a proxy before the server at a port."""
    proxy = Proxy(port)
    try:
        yield proxy
    finally:
        proxy.close()

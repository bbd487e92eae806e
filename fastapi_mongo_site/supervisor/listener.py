"""A small HTTP server that a few paths have to themselves, and that strangers cannot fill.

One thread serves all connections, each of which gets one answer
(docs/decisions/probes-have-a-listener.md).
"""

import asyncio
import concurrent.futures
import contextlib
import logging
import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

from fastapi_mongo_site.supervisor.exchange import MAX_HEAD_BYTES, Route, exchange

logger = logging.getLogger(__name__)

MAX_CONNECTIONS = 256


class Listener:
    """Serves routes, by their path, while its block runs.

    `start` is called in the listener's event loop before it accepts connections. Entering raises
    OSError when the address cannot be had.
    """

    def __init__(
        self, host: str, port: int, routes: Mapping[str, Route], start: Callable[[], None]
    ) -> None:
        """Take the address, and the function that answers each path."""
        self._host, self._port = host, port
        self._routes = routes
        self._start = start
        # In the order in which they came.
        self._connections: dict[asyncio.StreamWriter, None] = {}
        self._listening: concurrent.futures.Future[asyncio.AbstractEventLoop]
        self._listening = concurrent.futures.Future()
        self._closed = asyncio.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._main()), name="management-listener", daemon=True
        )

    def __enter__(self) -> Self:
        """Listen."""
        self._thread.start()
        self._listening.result()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End all connections."""
        self._listening.result().call_soon_threadsafe(self._closed.set)
        self._thread.join()

    async def _main(self) -> None:
        try:
            self._start()
            server = await asyncio.start_server(
                self._serve, self._host, self._port, limit=MAX_HEAD_BYTES, backlog=1_024
            )
        except Exception as error:
            self._listening.set_exception(error)
            return
        self._listening.set_result(asyncio.get_running_loop())
        await self._closed.wait()
        server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request. The oldest connection makes room for one too many."""
        if len(self._connections) >= MAX_CONNECTIONS:
            oldest = next(iter(self._connections))
            del self._connections[oldest]
            oldest.transport.abort()
        self._connections[writer] = None
        # A task that ends as cancelled leaves a traceback in the log (asyncio.streams).
        with contextlib.suppress(asyncio.CancelledError):
            try:
                await exchange(reader, writer, self._routes)
            except (OSError, EOFError, TimeoutError):
                # The client is gone, or too slow.
                writer.transport.abort()
            finally:
                self._connections.pop(writer, None)
                writer.close()

"""What `/livez` and `/readyz` answer."""

import asyncio
import concurrent.futures
import socket
import threading
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.db import Error

from fastapi_mongo_site import writes
from fastapi_mongo_site.supervisor.beats import Workers
from fastapi_mongo_site.supervisor.exchange import Answer, Request
from health.database import missing_migrations

CHECK_SECONDS = 1.0
"""A check runs at most once in so long, however many ask."""
CONNECT_SECONDS = 0.5


class Probes:
    """The two probes of a service; `draining` is for its stop to set."""

    def __init__(self, workers: Workers, host: str, port: int) -> None:
        """Take the workers, and the address that they serve."""
        self.draining = False
        self._workers = workers
        self._address = (host, port)
        self._reason: asyncio.Future[str] | None = None
        self._checked = 0.0

    async def livez(self, request: Request) -> Answer:
        """200 while every worker beats, else 503 with a sentence for each that does not."""
        if faults := self._workers.faults():
            return Answer(HTTPStatus.SERVICE_UNAVAILABLE, {"status": "failing", "workers": faults})
        return Answer(HTTPStatus.OK, {"status": "live"})

    async def readyz(self, request: Request) -> Answer:
        """200 if the service can answer requests, else 503 with one word that says why not."""
        if reason := await self.unready():
            content = {"status": "unavailable", "reason": reason}
            return Answer(HTTPStatus.SERVICE_UNAVAILABLE, content)
        refusal = writes.refusal()
        refused = {"writes": refusal} if refusal else {}
        return Answer(HTTPStatus.OK, {"status": "ready", **refused})

    async def unready(self) -> str:
        """Return why the service cannot answer requests; nothing if it can.

        That is `draining`, `database`, `migrations` or `workers`.
        """
        reason = "draining" if self.draining else await self._shared_check()
        return reason or ("" if self._workers.beating() else "workers")

    async def _shared_check(self) -> str:
        now = asyncio.get_running_loop().time()
        if self._reason is None or (self._reason.done() and now - self._checked >= CHECK_SECONDS):
            self._checked, self._reason = now, in_thread(self._check)
        # Whoever stops waiting cancels the check for nobody else.
        return await asyncio.shield(self._reason)

    def _check(self) -> str:
        """Return why the service cannot answer requests, or nothing."""
        try:
            if missing_migrations():
                return "migrations"
        except Error:
            return "database"
        return "" if accepts(*self._address) else "workers"


def accepts(host: str, port: int) -> bool:
    """Tell whether connections to an address of this machine are accepted."""
    try:
        with socket.create_connection((host, port), CONNECT_SECONDS) as connection:
            # A connection to a port that nobody listens on may meet itself.
            return bool(connection.getsockname() != connection.getpeername())
    except OSError:
        return False


def in_thread(function: Callable[[], Any]) -> "asyncio.Future[Any]":
    """Return the future result of a function that blocks.

    Its thread is a daemon, so that a stop need not wait for it as for one of an executor.
    """
    future: concurrent.futures.Future[Any] = concurrent.futures.Future()

    def run() -> None:
        try:
            future.set_result(function())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return asyncio.wrap_future(future)

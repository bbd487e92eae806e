"""One MongoClient a process and set of options, kept for the life of the process.

djongo closes its client on every error and at the end of a request, after which pymongo 4
refuses to work until a restart. pymongo's client is a thread-safe pool that reconnects by
itself, so nothing ever needs to close it; only a forked child must not share its sockets.
"""

import os
import threading
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from pymongo import MongoClient

DAY_SECONDS = 24 * 60 * 60
"""For `pymongo.timeout()` around what may take long: with None the client's timeoutMS holds."""


class Client(MongoClient[dict[str, Any]]):
    """A MongoClient that looks for a server no longer than serverSelectionTimeoutMS.

    pymongo looks for as long as timeoutMS allows once that is set, against the specification
    (Client Side Operations Timeout, "Server Selection": the lesser of the two). A dead server
    would cost as much time as a frozen one. pymongo has no public option for it.
    """

    def _init_background(self, old_pid: int | None = None) -> None:
        super()._init_background(old_pid)
        topology = self._topology
        limit = self.options.server_selection_timeout
        remaining = topology.get_server_selection_timeout
        topology.get_server_selection_timeout = (  # type: ignore[method-assign]
            lambda: min(remaining(), limit)
        )


def client_options(settings: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of MongoClient that an entry of DATABASES holds.

    Raises ImproperlyConfigured if they name no server.
    """
    options: dict[str, Any] = settings.get("CLIENT", {})
    if not options.get("host"):
        raise ImproperlyConfigured(
            f"The database {settings['NAME']!r} has no MongoDB server: CLIENT['host'] in DATABASES "
            "is to hold a connection string, such as mongodb://127.0.0.1:27017/"
        )
    return options


_clients: dict[str, Client] = {}
_lock = threading.Lock()


def client_for(options: dict[str, Any]) -> Client:
    """Return this process's client for these MongoClient arguments, made on first use."""
    key = repr(sorted(options.items()))
    with _lock:
        if key not in _clients:
            _clients[key] = Client(**options, connect=False)
        return _clients[key]


def _forget_after_fork() -> None:
    """Start a forked child without its parent's clients, and with a lock that nobody holds.

    pymongo has reset the clients by now, and would warn when they are used. The child only closes
    the sockets that it inherited, so the parent's connections go on.
    """
    global _lock
    _lock = threading.Lock()
    _clients.clear()
    for connection in connections.all(initialized_only=True):
        if connection.vendor == "djongo":
            connection.connection = None


os.register_at_fork(after_in_child=_forget_after_fork)

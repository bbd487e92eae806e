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

from djongo_engine.sockets import Pool

DAY_SECONDS = 24 * 60 * 60
"""For `DatabaseWrapper.patient()` around what may take long."""


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


_clients: dict[str, MongoClient[dict[str, Any]]] = {}
_lock = threading.Lock()


def client_for(options: dict[str, Any]) -> MongoClient[dict[str, Any]]:
    """Return this process's client for these MongoClient arguments, made on first use."""
    key = repr(sorted(options.items()))
    with _lock:
        if key not in _clients:
            _clients[key] = MongoClient(**options, connect=False, _pool_class=Pool)
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

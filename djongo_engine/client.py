"""One MongoClient a process and set of options, kept for the life of the process.

djongo closes its client on every error and at the end of a request, after which pymongo 4
refuses to work until a restart. pymongo's client is a thread-safe pool that reconnects by
itself, so nothing ever needs to close it; only a forked child must not share its sockets.
"""

import os
import threading
from typing import Any

from pymongo import MongoClient

_clients: dict[str, MongoClient[dict[str, Any]]] = {}
_lock = threading.Lock()


def client_for(options: dict[str, Any]) -> MongoClient[dict[str, Any]]:
    """Return this process's client for these MongoClient arguments, made on first use."""
    key = repr(sorted(options.items()))
    with _lock:
        if key not in _clients:
            _clients[key] = MongoClient(**options, connect=False)
        return _clients[key]


def _forget_after_fork() -> None:
    """Start a forked child without its parent's clients, and with a lock nobody holds."""
    global _lock
    _lock = threading.Lock()
    _clients.clear()
    from django.db import connections

    for connection in connections.all(initialized_only=True):
        if connection.vendor == "djongo":
            connection.connection = None


os.register_at_fork(after_in_child=_forget_after_fork)

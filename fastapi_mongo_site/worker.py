"""A worker, as the supervising process starts it under Granian."""

import socket
from collections.abc import Callable
from typing import Any

from fastapi_mongo_site.parent import leave_interrupts_to_parent
from fastapi_mongo_site.supervisor import writes
from fastapi_mongo_site.supervisor.beats import beat


def load_application(
    outbox: socket.socket | None, writes_refused: writes.Flag
) -> Callable[..., Any]:
    """Return the WSGI application, in a process that beats from now on if it has an outbox."""
    leave_interrupts_to_parent()
    writes.share(writes_refused)
    if outbox:
        beat(outbox)
    # It takes a second or more to import, during which the worker is alive.
    from fastapi_mongo_site.wsgi import application

    return application

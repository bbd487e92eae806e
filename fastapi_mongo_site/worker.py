"""A worker, as the supervising process starts it under Granian."""

import socket
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import connection

from djongo_engine.breaker import breaker
from djongo_engine.reads import read_once
from fastapi_mongo_site import writes
from fastapi_mongo_site.logs.uncaught import log_uncaught
from fastapi_mongo_site.metrics import instruments
from fastapi_mongo_site.metrics.reports import Reporter
from fastapi_mongo_site.parent import leave_interrupts_to_parent
from fastapi_mongo_site.supervisor.beats import beat


def load_application(outbox: socket.socket | None, last_write: writes.Code) -> Callable[..., Any]:
    """Return the WSGI application, in a process that beats from now on if it has an outbox."""
    leave_interrupts_to_parent()
    log_uncaught()
    writes.share(last_write)
    if outbox:
        beat(outbox, Reporter(instruments.REGISTRY))
    # It takes a second or more to import, during which the worker is alive.
    from fastapi_mongo_site.logs.requests import log_requests
    from fastapi_mongo_site.wsgi import application

    arm_breaker()
    log_requests()
    if outbox:
        instruments.start(_max_pool_size())
    return application


def arm_breaker() -> None:
    """Refuse commands while MongoDB cannot be read (docs/decisions/breaker.md)."""
    database: Any = connection
    breaker.arm(
        lambda: read_once(database.database, settings.HEALTH_TIMEOUT_MS / 1000),
        slow_seconds=settings.MONGO_TRY_MS / 2000,
    )


def _max_pool_size() -> int:
    database: Any = connection
    size: int = database.database.client.options.pool_options.max_pool_size
    return size

"""One line a request, when it is answered."""

import logging
from typing import Any

from django.conf import settings

from fastapi_mongo_site.http.context import RequestContext, observers
from fastapi_mongo_site.http.request import MAX_ADDRESS_CHARACTERS, client_address
from fastapi_mongo_site.logs.lines import lines

LOGGER = "requests"
MAX_PATH_CHARACTERS = 500
"""With them a line of JSON has less than 4,096 bytes, also where each is escaped."""
PROBE = "/health"


def log_requests() -> None:
    """Let every request that this process answers from now on have its line, by LOG_REQUESTS."""
    if settings.LOG_REQUESTS != "off" and logging.getLogger(LOGGER).isEnabledFor(logging.INFO):
        observers.append(log_request if settings.LOG_REQUESTS == "all" else log_api_request)


def log_api_request(request: RequestContext) -> None:
    """Have the line written, unless the request is a probe or for a static file."""
    path = request.request.path_info
    if path != PROBE and not path.startswith(settings.STATIC_URL):
        log_request(request)


def log_request(request: RequestContext) -> None:
    """Have the line of a request written."""
    # The request itself, kept until then, would cost the garbage collector 8 us.
    values = (
        request.request.method,
        request.route,
        request.request.path_info[:MAX_PATH_CHARACTERS],
        request.response.status_code,
        request.seconds,
        request.database_seconds,
        request.bytes,
        client_address(request.request)[:MAX_ADDRESS_CHARACTERS],
        request.user,
        request.comment,
    )
    lines.add(LOGGER, "request", facts_of, values)


def facts_of(values: tuple[Any, ...]) -> dict[str, Any]:
    """Return what the line says. No value of an argument is in it, nor any header."""
    method, route, path, status, seconds, database_seconds, length, client, user, request_id = (
        values
    )
    return {
        "method": method,
        "route": route,
        "path": path,
        "status": status,
        "duration_ms": milliseconds(seconds),
        "database_ms": milliseconds(database_seconds),
        "bytes": length,
        "client": client,
        "user": user,
        "request_id": request_id,
    }


def milliseconds(seconds: float) -> float:
    """Return a time in milliseconds, to the microsecond."""
    return int(seconds * 1e6) / 1000

"""The WSGI application that Granian serves."""

import os
import sys
from collections.abc import Callable, Iterable
from typing import Any

import django
from django.conf import settings
from django.core.cache import close_caches
from django.core.checks import run_checks
from django.core.handlers.base import reset_urlconf
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connections, reset_queries
from whitenoise.middleware import WhiteNoiseFileResponse

from fastapi_mongo_site.http.request import Handler
from fastapi_mongo_site.parent import stop_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fastapi_mongo_site.settings")


def spare_connections() -> None:
    """Leave out what Django does with each connection and cache before and after a request.

    It closes connections that grew old, which the engine's never do (pymongo's pool sees to that),
    and caches, of which the service has none that could be closed; it empties the list of queries,
    which is kept with DEBUG alone; and it forgets the URLconf, of which there is one. That takes 6
    to 11 % of a small request (docs/decisions/connections-are-left-alone.md). With DEBUG, or a
    database of another kind, Django does it all.
    """
    if settings.DEBUG or any(connection.vendor != "djongo" for connection in connections.all()):
        return
    request_started.disconnect(reset_queries)
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    request_finished.disconnect(close_caches)
    request_finished.disconnect(reset_urlconf)


django.setup(set_prefix=False)
spare_connections()
django_application = Handler()
stop_with_parent()

# No WSGI server runs Django's checks, and a worker with a broken configuration must not serve.
if errors := [message for message in run_checks() if message.is_serious()]:
    sys.exit("\n".join(str(message) for message in errors))


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer a request.

    All but an export is given as a list: Granian sends that in one piece with its length, a fifth
    faster than the chunks that it makes of any other iterable. And no thread waits for a client
    that is slow to read it, which matters for static files, as everybody may ask for those.
    """
    response: Any = django_application(environ, start_response)
    if response.streaming and not isinstance(response, WhiteNoiseFileResponse):
        stream: Iterable[bytes] = response
        return stream
    body = [response.getvalue()]
    response.close()
    return body

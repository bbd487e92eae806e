"""What the log says of a database that cannot serve: one line a minute for each cause."""

import logging
import time

from django.db import DatabaseError

from djongo_engine.breaker import breaker
from djongo_engine.errors import NoAnswer, NotAllowed
from djongo_engine.server_errors import code_of

logger = logging.getLogger(__name__)

SILENT_SECONDS = 60

_said: dict[object, float] = {}


def log_outage(error: DatabaseError) -> None:
    """Say why a request is a 503, unless it has been said within the last minute."""
    if isinstance(error, NoAnswer) and breaker.is_armed:
        # The breaker says when MongoDB goes and when it comes back.
        return
    cause = (type(error), code_of(error.__cause__))
    now = time.monotonic()
    if now - _said.get(cause, -SILENT_SECONDS) < SILENT_SECONDS:
        return
    _said[cause] = now
    if isinstance(error, NotAllowed):
        logger.error("503: The user in the secret mongo_url may not do this: %s", error)
    else:
        logger.warning("503: %s", error)

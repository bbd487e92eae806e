"""What the log says of a start: which service this is, and how it is configured."""

import logging

from django.conf import settings

logger = logging.getLogger(__name__)

GRANIAN = {"handlers": {}, "formatters": {}, "loggers": {"_granian": {"propagate": True}}}
"""Its own configuration of logging, by which it leaves its lines to the service's handler."""


def log_start() -> None:
    """Log name and version, and the settings that differ from their defaults.

    No secret is a setting: these are found apart from the environment's other values.
    """
    facts = {
        "name": settings.NAME,
        "version": settings.VERSION,
        "workers": settings.WORKERS,
        "threads": settings.THREADS,
        "settings": settings.CHANGED_SETTINGS,
    }
    logger.info("Starting", extra={"facts": facts})


def log_serving(address: str) -> None:
    """Log where the service is, once a worker accepts connections."""
    logger.info("Serving", extra={"facts": {"address": address}})

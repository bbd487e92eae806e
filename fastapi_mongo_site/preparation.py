"""What a start does to the database, once that is there."""

import logging
import time
from collections.abc import Callable

from django.conf import settings
from django.db import OperationalError
from pymongo.errors import InvalidURI

from fastapi_mongo_site.configuration import hosts_and_options

logger = logging.getLogger(__name__)

PAUSE_SECONDS = 1.0
TELL_SECONDS = 60.0


def when_database_answers(prepare: Callable[[], None]) -> None:
    """Call `prepare`, and again for as long as MongoDB does not answer.

    It says at once what it waits for, and then once a minute. Raises what `prepare` raises
    otherwise.
    """
    told = -TELL_SECONDS
    while True:
        try:
            return prepare()
        except OperationalError as why:
            if isinstance(why.__cause__, InvalidURI):
                # It stays so, and its message may hold part of a password.
                raise
            if time.monotonic() - told >= TELL_SECONDS:
                told = time.monotonic()
                hosts, _ = hosts_and_options(settings.SECRETS["mongo_url"].value)
                # pymongo's message begins with the server, if it is one.
                reason = str(why).removeprefix(f"{hosts}: ")
                logger.warning("Waiting for MongoDB at %s: %s", hosts, reason)
            time.sleep(PAUSE_SECONDS)

"""Answers of the authentication that are neither the user nor a 401."""

import datetime
import math

from django.utils import timezone
from rest_framework import exceptions

from fastapi_mongo_site.http.exceptions import Unavailable


class TooManyFailures(exceptions.Throttled):
    """429 until a moment; nothing was hashed."""

    wait: int
    """Seconds, sent as Retry-After."""

    def __init__(self, until: datetime.datetime) -> None:
        seconds = math.ceil((until - timezone.now()).total_seconds())
        super().__init__(wait=max(1, seconds), detail="Too many failed logins.")


class Busy(Unavailable):
    """503: no password can be hashed just now; nothing was counted."""

    default_code = "busy"
    default_detail = "Too many logins at once. Try again in a second."
    wait = 1

"""Errors for which DRF has no exception.

They are apart from `errors`, so that authentication classes can import them.
"""

from rest_framework.exceptions import APIException


class Unavailable(APIException):
    """503: not now."""

    status_code = 503
    default_code = "unavailable"
    wait = 5
    """Seconds, sent as Retry-After."""


class DatabaseUnavailable(Unavailable):
    """503: MongoDB does not answer."""

    default_code = "database_unavailable"
    default_detail = "The database does not answer. Try again later."

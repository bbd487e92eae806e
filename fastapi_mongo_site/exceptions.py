"""Exceptions of DRF's kind, in a module that authentication classes may import."""

from rest_framework.exceptions import APIException


class DatabaseUnavailable(APIException):
    """503: MongoDB does not answer."""

    status_code = 503
    default_code = "database_unavailable"
    default_detail = "The database does not answer. Try again later."
    wait = 5
    """Seconds, sent as Retry-After."""

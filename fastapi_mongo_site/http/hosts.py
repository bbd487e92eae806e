"""Hold every request to ALLOWED_HOSTS."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

ANY_HOST = {"/health"}
"""Paths for load balancers, which ask by the machine's address."""
MAX_REMEMBERED_HOSTS = 256
MAX_HOST_CHARACTERS = 255
"""A name in the DNS has no more; Django takes a port of any length."""


class HostMiddleware:
    """Answers 400 to a request whose Host header names no host of this service.

    Django's CommonMiddleware does it among other things, and for each request anew.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Take the next middleware."""
        self.get_response = get_response
        self.allowed: set[str] = set()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the answer. Raises DisallowedHost."""
        host = request.META.get("HTTP_HOST")
        if host not in self.allowed and request.path_info not in ANY_HOST:
            request.get_host()
            if (
                host
                and len(host) <= MAX_HOST_CHARACTERS
                and len(self.allowed) < MAX_REMEMBERED_HOSTS
            ):
                self.allowed.add(host)
        return self.get_response(request)

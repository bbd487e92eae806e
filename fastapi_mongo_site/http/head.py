"""Hold the head of every request to what this service takes."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from fastapi_mongo_site.http.errors import problem_response
from fastapi_mongo_site.http.request import MAX_PARSED_CHARACTERS

ANY_HOST = {"/health"}
"""Paths for load balancers, which ask by the machine's address."""
MAX_REMEMBERED_HOSTS = 256
MAX_HOST_CHARACTERS = 255
"""A name in the DNS has no more; Django takes a port of any length."""

PARSED_HEADERS = {"HTTP_ACCEPT": "Accept", "CONTENT_TYPE": "Content-Type"}


class HeadMiddleware:
    """Answers 431 to a long Accept or Content-Type, and 400 to a Host that is not in ALLOWED_HOSTS.

    Django's CommonMiddleware looks at the Host among other things, and for each request anew.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Take the next middleware."""
        self.get_response = get_response
        self.allowed: set[str] = set()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the answer. Raises DisallowedHost."""
        for variable in PARSED_HEADERS:
            if len(request.META.get(variable, "")) > MAX_PARSED_CHARACTERS:
                return refuse_long(request, variable)
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


def refuse_long(request: HttpRequest, variable: str) -> HttpResponseBase:
    """Return the 431 (RFC 6585 section 5) for a header that is too long."""
    # What writes the answer would parse it.
    request.META.pop("HTTP_ACCEPT", None)
    name = PARSED_HEADERS[variable]
    detail = f"The {name} header is longer than {MAX_PARSED_CHARACTERS} characters."
    return problem_response(request, 431, detail)

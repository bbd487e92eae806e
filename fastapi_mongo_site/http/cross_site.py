"""Refuse writes that a page of another origin asks a browser for.

Once a browser has Basic credentials for this service, it adds them to every request to it,
whichever page causes the request; and a form needs no CORS preflight. Two headers that no page can
set tell such a request from one of this service's own pages: `Sec-Fetch-Site` (W3C Fetch Metadata;
sent over TLS and to the loopback interface) and `Origin` (RFC 6454). A client that is no browser
sends neither.
"""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from fastapi_mongo_site.http.errors import SAFE_METHODS, problem_response

# "none": the person caused the request, not a page.
OWN_SITES = frozenset({None, "same-origin", "none"})
DEFAULT_PORTS = {"http": 80, "https": 443}


class CrossSiteMiddleware:
    """Answers 403 to an unsafe method from a page of an origin that is not allowed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Take the next middleware."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the answer to a request, or the refusal."""
        if request.method in SAFE_METHODS or not is_foreign(request):
            return self.get_response(request)
        page = request.META.get("HTTP_ORIGIN", "another site")
        own = f"{request.scheme}://{request.get_host()}"
        detail = (
            f"A page of {page} may not change anything at {own}. "
            "To allow it, list its origin in CORS_ALLOWED_ORIGINS."
        )
        return problem_response(request, 403, detail)


def is_foreign(request: HttpRequest) -> bool:
    """Tell whether a page of an origin that is neither ours nor allowed caused the request."""
    origin = request.META.get("HTTP_ORIGIN")
    if origin in settings.CORS_ALLOWED_ORIGINS:
        return False
    if request.META.get("HTTP_SEC_FETCH_SITE") not in OWN_SITES:
        return True
    return origin is not None and not _is_own(origin, request)


def _is_own(origin: str, request: HttpRequest) -> bool:
    # Behind a proxy that ends TLS, and without TLS=on, the scheme is unknown here. So https counts
    # as own beside http; a page without TLS never writes to a service with TLS.
    own = {_triple(f"{scheme}://{request.get_host()}") for scheme in (request.scheme, "https")}
    return _triple(origin) in own - {None}


def _triple(origin: str) -> tuple[str, str | None, int | None] | None:
    """Return an origin's scheme, host and port (RFC 6454 section 4); None if it has none."""
    try:
        url = urlsplit(origin)
        port = url.port or DEFAULT_PORTS[url.scheme]
    except (ValueError, KeyError):
        return None
    return url.scheme, url.hostname, port

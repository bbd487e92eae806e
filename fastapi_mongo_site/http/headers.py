"""The headers that restrict a browser, the same on every answer.

Django's own middlewares make most of them, once at the start: at each answer they take a tenth of a
small request. `SECURE_CSP` (W3C CSP Level 3) has the form that Django 6.0 gives it.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.security import SecurityMiddleware

HEADER = "Content-Security-Policy"


def policy(directives: Mapping[str, Iterable[str]]) -> str:
    """Return the value of the policy's header: each directive with its sources."""
    return "; ".join(" ".join([name, *sources]) for name, sources in directives.items())


def headers_for(request: HttpRequest) -> dict[str, str]:
    """Return the headers of any answer to a request: those of Django's middlewares, and one more.

    No page of another origin may have an answer as a picture, a script or the like (Fetch
    Standard, Cross-Origin-Resource-Policy). CORS decides by itself on what is asked for by script.
    """
    chain = SecurityMiddleware(XFrameOptionsMiddleware(lambda request: HttpResponse()))
    response: Any = chain(request)
    del response["Content-Type"]
    return dict(response.items()) | {"Cross-Origin-Resource-Policy": "same-origin"}


class SecurityHeadersMiddleware:
    """Adds the headers to each answer; a policy of the view's own stays."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Take the next middleware; make the headers for plain HTTP and for TLS."""
        self.get_response = get_response
        self.policy = policy(settings.SECURE_CSP)
        request = HttpRequest()
        self.headers = self.headers_with_tls = headers_for(request)
        if settings.SECURE_PROXY_SSL_HEADER:
            name, value = settings.SECURE_PROXY_SSL_HEADER
            request.META[name] = value
            self.headers_with_tls = headers_for(request)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the answer with its headers."""
        response = self.get_response(request)
        tls = settings.SECURE_PROXY_SSL_HEADER and request.is_secure()
        headers = self.headers_with_tls if tls else self.headers
        for name, value in headers.items():
            response.headers[name] = value
        if request.path_info.startswith(settings.API_PREFIX):
            # What stands there is for who has the credentials, also where a cache does not know it.
            # With an ETag a client may keep its own copy, and asks whether that is current.
            keep = "private, no-cache" if "ETag" in response.headers else "no-store"
            response.headers["Cache-Control"] = keep
        # With DEBUG=on Django's own pages for these have inline styles and scripts.
        if not (response.status_code in (404, 500) and settings.DEBUG):
            response.headers.setdefault(HEADER, self.policy)
        return response

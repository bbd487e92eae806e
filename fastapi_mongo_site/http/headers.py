"""The Content-Security-Policy header (W3C CSP Level 3) on every answer.

`SECURE_CSP` has the form that Django 6.0 gives it. A view with other needs sets the header itself.
"""

from collections.abc import Callable, Iterable, Mapping

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

HEADER = "Content-Security-Policy"


def policy(directives: Mapping[str, Iterable[str]]) -> str:
    """Return the header's value: each directive with its sources."""
    return "; ".join(" ".join([name, *sources]) for name, sources in directives.items())


class ContentSecurityPolicyMiddleware:
    """Adds the policy of the settings to each answer that has none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Take the next middleware; make the text once."""
        self.get_response = get_response
        self.policy = policy(settings.SECURE_CSP)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the answer with its policy."""
        response = self.get_response(request)
        # With DEBUG=on Django's own pages for these have inline styles and scripts.
        if not (response.status_code in (404, 500) and settings.DEBUG):
            response.headers.setdefault(HEADER, self.policy)
        return response

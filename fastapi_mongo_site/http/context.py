"""The context of a request: its id, and what was measured of it, once for all who want to know."""

import random
import re
import time
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase

from djongo_engine.work import Work, current

HEADER = "X-Request-ID"
_ACCEPTED = re.compile(r"[A-Za-z0-9._-]{1,64}")


class RequestContext(Work):
    """A request that is being answered, and what became of it.

    Its `comment` is the request's id. `seconds` and `response` are there for observers, which are
    called when the answer is made, before it is sent.
    """

    __slots__ = ("request", "response", "seconds")

    response: HttpResponseBase
    seconds: float

    def __init__(self, request: HttpRequest) -> None:
        """Take the request; its id is the client's X-Request-ID if that is a plain token."""
        given = request.META.get("HTTP_X_REQUEST_ID")
        super().__init__(given if given and _ACCEPTED.fullmatch(given) else _new_id())
        self.request = request

    @property
    def route(self) -> str:
        """The template of the URL, such as /v1/items/<str:id>; "" where no route matched."""
        match = self.request.resolver_match
        return f"/{match.route}" if match else ""

    @property
    def user(self) -> str | None:
        """The name of the user whose credentials came with the request."""
        # DRF's request leaves it at Django's.
        user = getattr(self.request, "user", None)
        return (user.get_username() or None) if user else None

    @property
    def bytes(self) -> int:
        """The length of the answer's body."""
        response: Any = self.response
        if response.streaming:
            return int(response.headers.get("Content-Length", 0))
        return len(response.content)


observers: list[Callable[[RequestContext], None]] = []
"""Are called with each request that was answered, in its thread. They may raise nothing."""


def current_request() -> RequestContext | None:
    """Return the context of the request that is being answered; None outside of one."""
    work = current.get()
    return work if isinstance(work, RequestContext) else None


def origin() -> dict[str, str]:
    """Return what a line of the log says of where it comes from: a request's id, or a command."""
    work = current.get()
    if work is None:
        return {}
    return {"request_id" if isinstance(work, RequestContext) else "command": work.comment}


class RequestContextMiddleware:
    """Answers each request in a context of its own, sends its id back, and tells the observers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Take the next middleware."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the answer."""
        started = time.perf_counter()
        context = RequestContext(request)
        token = current.set(context)
        try:
            response = context.response = self.get_response(request)
            response.headers[HEADER] = context.comment
            context.seconds = time.perf_counter() - started
            for observe in observers:
                observe(context)
        finally:
            # Threads serve one request after another.
            current.reset(token)
        return response


def _new_id() -> str:
    # An id has to differ from others, not to be secret, which would take a system call.
    return f"{random.getrandbits(128):032x}"

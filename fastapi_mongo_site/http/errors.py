"""Errors have one form: the contract's `detail`, and `errors` for each field at fault.

A client whose Accept header names `application/problem+json` also gets the members `type`, `title`
and `status` of RFC 9457. A browser gets a page. Others get the contract's members alone, since its
clients may compare whole bodies.
"""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import (
    BadRequest,
    DisallowedHost,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
)
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.utils.cache import patch_vary_headers
from rest_framework import exceptions, views
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings

from djongo_engine.server_errors import code_of
from fastapi_mongo_site import writes
from fastapi_mongo_site.http.exceptions import DatabaseUnavailable
from fastapi_mongo_site.http.negotiation import LenientNegotiation
from fastapi_mongo_site.http.outages import log_outage
from fastapi_mongo_site.http.renderers import ErrorPageRenderer, JSONRenderer, ProblemRenderer

# RFC 9110 section 9.2.1
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})

REFUSALS = {
    DisallowedHost: (400, "The Host header names no host of this service."),
    RequestDataTooBig: (413, "The body is larger than this service accepts."),
    TooManyFieldsSent: (400, "The URL has too many arguments."),
    UnreadablePostError: (400, "The body ended early."),
}


def problem_response(
    request: HttpRequest,
    status: int,
    detail: str,
    errors: Mapping[str, list[str]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Return an error from outside of the API's views, such as a middleware, in the same form."""
    data = {"detail": detail} | ({"errors": dict(errors)} if errors else {})
    renderer = error_renderer(request)
    body = renderer.render(data, renderer_context={"status": status, "request": request})
    charset = f"; charset={renderer.charset}" if renderer.charset else ""
    media_type = f"{renderer.media_type}{charset}"
    return HttpResponse(body, media_type, status, headers={"Vary": "Accept", **(headers or {})})


def error_renderer(request: HttpRequest | Request) -> BaseRenderer:
    """Return the renderer for errors: RFC 9457's or a page if the client asks for it, else JSON."""
    accept = request.META.get("HTTP_ACCEPT", "").lower()
    # Reading the header takes as long as all the rest of a small error.
    if ProblemRenderer.media_type in accept and any(
        f"{accepted.main_type}/{accepted.sub_type}" == ProblemRenderer.media_type
        for accepted in request.accepted_types
    ):
        return ProblemRenderer()
    if ErrorPageRenderer.media_type in accept:
        asked: Any = request  # a negotiator reads headers alone
        return LenientNegotiation().select_renderer(asked, [JSONRenderer(), ErrorPageRenderer()])[0]
    return JSONRenderer()


def refusal(error: Exception) -> tuple[int, str]:
    """Return the status and the sentence for a request that Django refuses."""
    for kind, answer in REFUSALS.items():
        if isinstance(error, kind):
            return answer
    return 400, str(error) if isinstance(error, BadRequest) else "Bad request."


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return the answer to an exception raised in a view; None lets it become a 500."""
    response = response_to(error, context)
    request = context["request"]
    # The browsable API shows what is wrong with a form beside it.
    shows = getattr(getattr(request, "accepted_renderer", None), "shows_error", None)
    if response is not None and not (shows and shows(request.method, response.status_code)):
        request.accepted_renderer = error_renderer(request)
        request.accepted_media_type = request.accepted_renderer.media_type
        patch_vary_headers(response, ["Accept"])
    return response


def response_to(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return the status and the data of an answer to an exception, in no format yet."""
    if isinstance(error, OperationalError):
        log_outage(error)
        if context["request"].method not in SAFE_METHODS:
            writes.report_refused(code_of(error.__cause__))
        error = DatabaseUnavailable()
    if isinstance(error, (BadRequest, SuspiciousOperation, UnreadablePostError)):
        status, detail = refusal(error)
        return Response({"detail": detail}, status)
    if isinstance(error, exceptions.NotAuthenticated):
        error.detail = exceptions.ErrorDetail("Not authenticated", error.default_code)
    response = views.exception_handler(error, context)
    if response is not None and isinstance(error, exceptions.ValidationError):
        response.data = _validation_answer(error.detail)
    return response


def _validation_answer(detail: Any) -> dict[str, Any]:
    """Return the body for a ValidationError: a sentence, and the messages of each field."""
    if not isinstance(detail, dict):
        return {"detail": " ".join(str(message) for message in detail)}
    general = detail.get(api_settings.NON_FIELD_ERRORS_KEY)
    # Unless a client sent an unknown field of that name.
    if general and general[0].code != "unknown":
        return {"detail": " ".join(str(message) for message in general)}
    return {"detail": f"Not valid: {', '.join(detail)}.", "errors": detail}

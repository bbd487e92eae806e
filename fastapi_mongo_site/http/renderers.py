"""The JSON renderers, and the one of error pages."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
from django.template.loader import render_to_string
from rest_framework.renderers import BaseRenderer


class JSONRenderer(BaseRenderer):
    """Renders JSON with orjson, a value that JSON does not know as text."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Return the body, which is empty for an answer without content."""
        if data is None:
            return b""
        context = renderer_context or {}
        # The browsable API asks for an indent: people read it.
        option = orjson.OPT_INDENT_2 if "indent" in context else 0
        return orjson.dumps(data, default=str, option=option)


def _status(context: Mapping[str, Any]) -> int:
    status: int = context["response"].status_code if "response" in context else context["status"]
    return status


class ProblemRenderer(JSONRenderer):
    """Renders an error with the members of RFC 9457 before its own."""

    media_type = "application/problem+json"
    format = "problem"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Return the body; the context holds the `response`, or the `status` of one to be made."""
        status = _status(renderer_context or {})
        # RFC 9457 section 4.2.1: a type of about:blank has the status's phrase as its title.
        members = {
            "type": "about:blank",
            "title": HTTPStatus(status).phrase,
            "status": status,
        }
        return super().render(members | data, accepted_media_type)


class ErrorPageRenderer(BaseRenderer):
    """Renders an error as a page, which needs nothing of the database."""

    media_type = "text/html"
    format = "html"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Return the page; the context holds the `request`, and a status as ProblemRenderer's."""
        context = renderer_context or {}
        status = _status(context)
        request = context["request"]
        # A form is not sent again by following a link.
        again = request.get_full_path() if request.method == "GET" else ""
        page: str = render_to_string(
            "api_exception.html", {**data, "status_code": status, "again": again}
        )
        return page.encode()

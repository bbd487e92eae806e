"""Requests as the service reads them: a body whole or not at all, arguments in UTF-8."""

import re
from collections.abc import Mapping
from typing import Any, BinaryIO, cast
from urllib.parse import unquote_to_bytes

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig
from django.core.handlers.wsgi import LimitedStream, WSGIHandler, WSGIRequest
from django.http.request import HttpHeaders, MediaType
from django.utils.functional import cached_property
from django.utils.http import parse_header_parameters

# What is read, and dropped, of a body that is too large: 16 MiB.
DRAINED_BLOCKS, BLOCK = 256, 65_536
BROKEN_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")


class Headers(HttpHeaders):
    """Django's, looked up one by one.

    Django goes through the whole environment at the first look at a header, as most requests need
    one; Granian puts the variables of the process there too.
    """

    def __init__(self, environ: Mapping[str, Any]) -> None:
        """Take the WSGI environment."""
        self._environ = environ

    def __getitem__(self, name: str) -> str:
        """Return a header, its name in any case. Raises KeyError."""
        value: str = self._environ[self.to_wsgi_name(name)]
        return value

    @cached_property
    def _store(self) -> Any:  # type: ignore[override]
        shadows = {f"{self.HTTP_PREFIX}{name}" for name in self.UNPREFIXED_HEADERS}
        own = {name: value for name, value in self._environ.items() if name not in shadows}
        return HttpHeaders(own)._store


class Request(WSGIRequest):
    """Django's, which also reads a chunked body and refuses one that ends early."""

    def __init__(self, environ: dict[str, Any]) -> None:
        """Take the WSGI environment of a server whose `wsgi.input` ends where the body does."""
        super().__init__(environ)
        self.chunked = "HTTP_TRANSFER_ENCODING" in environ
        if self.chunked:
            # Without a length Django and DRF take the body for empty. This is the largest that
            # they accept; the one byte more tells them of a body that is larger.
            limit: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
            self.META["CONTENT_LENGTH"] = str(limit)
            self._stream = cast(BinaryIO, LimitedStream(environ["wsgi.input"], limit + 1))

    @cached_property
    def headers(self) -> HttpHeaders:
        """Return the headers."""
        return Headers(self.META)

    @cached_property
    def accepted_types(self) -> list[MediaType]:
        """Return what the Accept header names; nothing where it is malformed."""
        try:
            return super().accepted_types
        except ValueError:
            return []

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        """Read the Content-Type, whose charset is that of the body: Django's is of the URL too.

        Django, and DRF once more, give no answer to one with malformed parameters. Without the
        semicolons it is a type that no parser takes: a body of it is a 415 that shows it.
        """
        content_type = meta.get("CONTENT_TYPE", "")
        try:
            self.content_type, self.content_params = parse_header_parameters(content_type)
        except ValueError:
            meta["CONTENT_TYPE"] = self.content_type = content_type.replace(";", " ")
            self.content_params = {}

    @property
    def body(self) -> bytes:
        """The body. Raises RequestDataTooBig, or BadRequest when it is not whole."""
        try:
            body = super().body
        except RequestDataTooBig:
            self._drain()
            raise
        if not self.chunked and len(body) < int(self.META.get("CONTENT_LENGTH") or 0):
            raise BadRequest("The body is shorter than its Content-Length.")
        return body

    def _drain(self) -> None:
        """Read on for a while: many clients see an answer only once they have sent everything."""
        if "HTTP_EXPECT" in self.META:
            # This client waits for leave to send.
            return
        for _ in range(DRAINED_BLOCKS):
            if not self.environ["wsgi.input"].read(BLOCK):
                return


class Handler(WSGIHandler):
    """Django's, with these requests."""

    request_class = Request


def check_query_string(query: str) -> None:
    """Raise BadRequest unless a query string (as WSGI has it) is percent-encoded UTF-8.

    Django decodes others as far as it goes, and would search for, or store, what nobody sent.
    """
    if BROKEN_ESCAPE.search(query):
        raise BadRequest("The URL holds a % that is not followed by two hexadecimal digits.")
    try:
        unquote_to_bytes(query.encode("latin-1")).decode()
    except UnicodeDecodeError as error:
        raise BadRequest("The arguments in the URL are not UTF-8.") from error

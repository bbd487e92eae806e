"""How the service reads a request: the whole body or none, and arguments in UTF-8."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http.request import HttpHeaders, HttpRequest, MediaType
from django.utils.functional import cached_property
from django.utils.http import parse_header_parameters
from rest_framework.request import Request as APIRequest
from rest_framework.settings import api_settings

# How much of a body that is too large is read and dropped: 16 MiB.
DRAINED_BLOCKS, BLOCK_BYTES = 256, 65_536
# To parse a header takes time by the square of its parameters. Browsers send some 140 characters.
MAX_PARSED_CHARACTERS = 1_024
# A proxy may send any text as an address.
MAX_ADDRESS_CHARACTERS = 64
BROKEN_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")


def client_address(request: HttpRequest | APIRequest) -> str:
    """Return the address of the client, as the outermost of NUM_PROXIES proxies tells it."""
    address: str = request.META.get("REMOTE_ADDR", "")
    proxies = api_settings.NUM_PROXIES
    if proxies and (forwarded := request.META.get("HTTP_X_FORWARDED_FOR")):
        addresses = forwarded.split(",")
        address = addresses[-min(proxies, len(addresses))].strip()
    return address


class Headers(Mapping[str, str]):
    """The headers of a request, each looked up when it is asked for.

    Django's own go through the whole environment at the first look at one, and most requests look
    at one; Granian puts the variables of the process there too. That takes 3 % of a small request.
    """

    def __init__(self, environ: Mapping[str, Any]) -> None:
        """Take the WSGI environment."""
        self.environ = environ

    def __getitem__(self, name: str) -> str:
        """Return a header, its name in any case. Raises KeyError."""
        value: str = self.environ[HttpHeaders.to_wsgi_name(name)]
        return value

    def __iter__(self) -> Iterator[str]:
        """Yield the names of the headers that were sent."""
        # A client sent these as `Content_Type` and `Content_Length`, which are other headers.
        shadows = {f"{HttpHeaders.HTTP_PREFIX}{name}" for name in HttpHeaders.UNPREFIXED_HEADERS}
        yield from HttpHeaders({name: "" for name in self.environ if name not in shadows})

    def __len__(self) -> int:
        """Return how many headers were sent."""
        return sum(1 for _ in self)


class Request(WSGIRequest):
    """Django's, which also reads a chunked body and refuses one that ends early."""

    def __init__(self, environ: dict[str, Any]) -> None:
        """Take the WSGI environment of a server whose `wsgi.input` ends where the body does."""
        self.chunked = "HTTP_TRANSFER_ENCODING" in environ
        content_type: str = environ.get("CONTENT_TYPE", "")
        if self.chunked:
            # Django reads no more than the length, and takes a body without one for empty. It reads
            # one byte more than the limit to tell that a body is too large.
            environ["CONTENT_LENGTH"] = str(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
        if ";" in content_type:
            # Django would read the arguments in the URL by the charset of the body.
            environ["CONTENT_TYPE"] = content_type.partition(";")[0]
        super().__init__(environ)
        if self.chunked:
            # A length beyond the limit would be refused unread.
            environ["CONTENT_LENGTH"] = str(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        if ";" in content_type:
            self._set_content_type(content_type)

    def _set_content_type(self, content_type: str) -> None:
        """Set the Content-Type with its parameters.

        Django and DRF fail at malformed ones. So these lose their semicolons: no parser takes
        such a type, and the 415 shows it. A long one is not parsed, as HeadMiddleware refuses it.
        """
        try:
            if len(content_type) <= MAX_PARSED_CHARACTERS:
                _, self.content_params = parse_header_parameters(content_type)
        except ValueError:
            content_type = self.content_type = content_type.replace(";", " ")
        self.META["CONTENT_TYPE"] = content_type

    @cached_property
    def headers(self) -> Headers:  # type: ignore[override]
        """Return the headers."""
        return Headers(self.META)

    @cached_property
    def accepted_types(self) -> list[MediaType]:
        """Return what the Accept header names; nothing where it is malformed."""
        try:
            return super().accepted_types
        except ValueError:
            return []

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
        """Read on for a while: many clients see the answer only after they have sent everything."""
        if "HTTP_EXPECT" in self.META:
            # This client waits before it sends the body.
            return
        for _ in range(DRAINED_BLOCKS):
            if not self.environ["wsgi.input"].read(BLOCK_BYTES):
                return


class Handler(WSGIHandler):
    """Django's WSGI application, which makes these requests."""

    request_class = Request


def check_query_string(query: str) -> None:
    """Raise BadRequest unless a query string (as WSGI has it) is percent-encoded UTF-8.

    Django decodes others as far as it can, and would search for or store what nobody sent.
    """
    if BROKEN_ESCAPE.search(query):
        raise BadRequest("The URL holds a % that is not followed by two hexadecimal digits.")
    try:
        unquote_to_bytes(query.encode("latin-1")).decode()
    except UnicodeDecodeError as error:
        raise BadRequest("The arguments in the URL are not UTF-8.") from error

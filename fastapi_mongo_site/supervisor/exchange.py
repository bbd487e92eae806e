"""One request and its answer, on a connection that ends with it."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from email.utils import formatdate
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import urlsplit

logger = logging.getLogger(__name__)

MAX_HEAD_BYTES = 8 * 1024
CLIENT_SECONDS = 5.0
"""How long a client may take to send its request, and to take the answer."""


class Request(NamedTuple):
    """What a route may look at: the headers by their names in lower case, and who asks.

    Headers of one name are joined by a comma, as WSGI has them.
    """

    headers: Mapping[str, str]
    address: str


class Answer(NamedTuple):
    """A status, the body, which is sent as JSON unless it is bytes, and headers of its own."""

    status: HTTPStatus
    content: Mapping[str, Any] | bytes
    headers: Mapping[str, str] = MappingProxyType({})


Route = Callable[[Request], Awaitable[Answer]]


async def exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, routes: Mapping[str, Route]
) -> None:
    """Read a request and answer it by the route of its path.

    Raises OSError or EOFError when the client is gone, TimeoutError when it is too slow.
    """
    method = ""
    try:
        async with asyncio.timeout(CLIENT_SECONDS):
            head = await reader.readuntil(b"\r\n\r\n")
        line, *lines = head.decode("latin-1").split("\r\n")
        method, path = _request_line(line)
        host, *_ = writer.get_extra_info("peername")
        answer = await _answer(method, path, Request(_headers(lines), host), routes)
    except asyncio.LimitOverrunError:
        answer = _refusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
    except ValueError:
        answer = _refusal(HTTPStatus.BAD_REQUEST)
    writer.write(_bytes(answer, with_body=method != "HEAD"))
    async with asyncio.timeout(CLIENT_SECONDS):
        await writer.drain()


def _request_line(line: str) -> tuple[str, str]:
    """Return the method and the path of a request. Raises ValueError if it is no HTTP/1."""
    method, target, version = line.split(" ")
    if version not in ("HTTP/1.0", "HTTP/1.1"):
        raise ValueError(f"no version of HTTP that is spoken here: {version}")
    return method, urlsplit(target).path


def _headers(lines: Iterable[str]) -> dict[str, str]:
    """Return the headers of these lines. Raises ValueError for the end of a line within one."""
    headers: dict[str, str] = {}
    for line in lines:
        if "\n" in line or "\r" in line:
            raise ValueError("another line within a line, which an answer might repeat")
        name, _, value = line.partition(":")
        name, value = name.lower(), value.strip()
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    return headers


async def _answer(method: str, path: str, request: Request, routes: Mapping[str, Route]) -> Answer:
    if path not in routes:
        return _refusal(HTTPStatus.NOT_FOUND)
    if method not in ("GET", "HEAD"):
        return _refusal(HTTPStatus.METHOD_NOT_ALLOWED)
    try:
        return await routes[path](request)
    except Exception:
        logger.exception("%s cannot be answered", path)
        return _refusal(HTTPStatus.INTERNAL_SERVER_ERROR)


def _refusal(status: HTTPStatus) -> Answer:
    return Answer(status, {"detail": f"{status.phrase}."})


def _bytes(answer: Answer, with_body: bool) -> bytes:
    content = answer.content
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    headers = {
        "Date": formatdate(usegmt=True),
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Connection": "close",
        **answer.headers,
    }
    if answer.status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = "GET, HEAD"
    lines = [f"HTTP/1.1 {answer.status.value} {answer.status.phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + (body if with_body else b"")

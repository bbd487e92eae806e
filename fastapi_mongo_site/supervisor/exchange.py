"""One request and its answer, on a connection that ends with it."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from email.utils import formatdate
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import urlsplit

logger = logging.getLogger(__name__)

MAX_HEAD_BYTES = 8 * 1024
CLIENT_SECONDS = 5.0
"""How long a client may take to send its request, and to take the answer."""


class Answer(NamedTuple):
    """A status, and what the body holds as JSON."""

    status: HTTPStatus
    content: Mapping[str, Any]


Route = Callable[[], Awaitable[Answer]]


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
        method, path = _request_line(head)
        answer = await _answer(method, path, routes)
    except asyncio.LimitOverrunError:
        answer = _refusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
    except ValueError:
        answer = _refusal(HTTPStatus.BAD_REQUEST)
    writer.write(_bytes(answer, with_body=method != "HEAD"))
    async with asyncio.timeout(CLIENT_SECONDS):
        await writer.drain()


def _request_line(head: bytes) -> tuple[str, str]:
    """Return the method and the path of a request. Raises ValueError if it is no HTTP/1."""
    line, _, _ = head.decode("latin-1").partition("\r\n")
    method, target, version = line.split(" ")
    if version not in ("HTTP/1.0", "HTTP/1.1"):
        raise ValueError(f"no version of HTTP that is spoken here: {version}")
    return method, urlsplit(target).path


async def _answer(method: str, path: str, routes: Mapping[str, Route]) -> Answer:
    if path not in routes:
        return _refusal(HTTPStatus.NOT_FOUND)
    if method not in ("GET", "HEAD"):
        return _refusal(HTTPStatus.METHOD_NOT_ALLOWED)
    try:
        return await routes[path]()
    except Exception:
        logger.exception("%s cannot be answered", path)
        return _refusal(HTTPStatus.INTERNAL_SERVER_ERROR)


def _refusal(status: HTTPStatus) -> Answer:
    return Answer(status, {"detail": f"{status.phrase}."})


def _bytes(answer: Answer, with_body: bool) -> bytes:
    body = json.dumps(answer.content).encode()
    headers = {
        "Date": formatdate(usegmt=True),
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Connection": "close",
    }
    if answer.status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = "GET, HEAD"
    lines = [f"HTTP/1.1 {answer.status.value} {answer.status.phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + (body if with_body else b"")

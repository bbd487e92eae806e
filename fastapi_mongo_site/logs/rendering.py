"""An entry of the log as bytes that end in a newline: JSON, or text for people.

An entry is a dictionary that begins with `timestamp`, `level`, `logger` and `event`. No value of it
can end its line or pass for another value; the text of a traceback alone has lines of its own.
"""

import json
import re
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any

import orjson
from structlog.dev import ConsoleRenderer, plain_traceback

Entry = Mapping[str, Any]
Render = Callable[[Entry], bytes]

HEAD = ("timestamp", "level", "logger", "event")
_PLAIN = re.compile(r"[A-Za-z0-9_.:,/@+<>=-]+").fullmatch
_JSON = orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS


def timestamp(at: float) -> str:
    """Return a time of the system's clock (RFC 3339, in UTC, to the microsecond)."""
    second = int(at)
    return f"{_second(second)}.{int((at - second) * 1e6):06}Z"


@lru_cache(maxsize=8)
def _second(at: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at))


def as_json(entry: Entry) -> bytes:
    """Return an entry as an object of JSON."""
    try:
        return orjson.dumps(entry, default=repr, option=_JSON)
    except TypeError:
        # Text that is no Unicode, such as half of a surrogate pair.
        return json.dumps(entry, default=str).encode() + b"\n"


def as_text(entry: Entry) -> bytes:
    """Return an entry as a line of text, then its traceback if it has one.

    structlog's ConsoleRenderer takes ten times as long for the same without colours.
    """
    line = _filled(entry)
    if "['" in line:
        # A change names its fields.
        lists = {name: ",".join(map(str, v)) for name, v in entry.items() if isinstance(v, list)}
        entry = {**entry, **lists}
        line = _filled(entry)
    event: str = entry["event"]
    # To look at the values one by one takes three times as long, and few need it.
    spaces = line.count(" ") - event.count(" ")
    if spaces >= len(entry) or not line.isprintable() or "'" in line:
        facts = facts_of(entry)
        names = (*HEAD, *(name for name, _ in facts))
        values = (plain(value) for _, value in facts)
        head = (entry["timestamp"], entry["level"], entry["logger"], one_line(event))
        line = _template(names) % (*head, *values)
        if "exception" in entry:
            line += f"\n{entry['exception']}"
    return f"{line}\n".encode(errors="backslashreplace")


def _filled(entry: Entry) -> str:
    return _template(tuple(entry)) % tuple(entry.values())


@lru_cache(maxsize=128)
def _template(names: tuple[str, ...]) -> str:
    return " ".join(["%s [%s] [%s] %s", *(f"{name}=%s" for name in names[len(HEAD) :])])


class Colours:
    """Renders text with colours, for a terminal."""

    def __init__(self) -> None:
        """Make structlog's renderer; its tracebacks show no values of variables."""
        self.renderer = ConsoleRenderer(
            colors=True, sort_keys=False, exception_formatter=plain_traceback
        )

    def __call__(self, entry: Entry) -> bytes:
        """Return an entry as a line, then its traceback."""
        # structlog quotes what has a space, and escapes nothing.
        safe = {name: one_line(v) if isinstance(v, str) else v for name, v in facts_of(entry)}
        head = {**entry, "event": one_line(entry["event"])}
        return f"{self.renderer(None, '', {**head, **safe})}\n".encode(errors="backslashreplace")


def facts_of(entry: Entry) -> list[tuple[str, Any]]:
    """Return what an entry says beside its head and its traceback."""
    facts = islice(entry.items(), len(HEAD), None)
    return [fact for fact in facts if fact[0] != "exception"]


def one_line(event: str) -> str:
    """Return a sentence, escaped where it is not printable."""
    return event if event.isprintable() else json.dumps(event)[1:-1]


def plain(value: Any) -> str:
    """Return a value as text that is one word, a list of words, or quoted as JSON quotes."""
    if isinstance(value, dict):
        return json.dumps(value, default=str)
    text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if _PLAIN(text) else json.dumps(value, default=str)

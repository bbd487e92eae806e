"""An entry of the log as bytes that end in a newline: JSON, or text for people.

An entry is a dictionary that begins with `timestamp`, `level`, `logger` and `event`. No value of it
can end its line or pass for another value; the text of a traceback alone has lines of its own.
"""

import datetime
import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any

import orjson
from structlog.dev import ConsoleRenderer, plain_traceback

Entry = Mapping[str, Any]
Render = Callable[[Entry], bytes]

_PLAIN = re.compile(r"[A-Za-z0-9_.:,/@+<>=-]+").fullmatch
_JSON = orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS


def now() -> datetime.datetime:
    """Return the time of an entry; every form shows it in UTC."""
    return datetime.datetime.now(datetime.UTC)


def as_json(entry: Entry) -> bytes:
    """Return an entry as an object of JSON."""
    try:
        return orjson.dumps(entry, default=repr, option=_JSON)
    except TypeError:
        # Text that is no Unicode, such as half of a surrogate pair.
        return json.dumps(entry, default=str).encode() + b"\n"


def as_text(entry: Entry) -> bytes:
    """Return an entry as a line of text, then its traceback if it has one.

    structlog's ConsoleRenderer takes five times as long for the same without colours.
    """
    time, level, logger, event, *values = entry.values()
    line = _template(tuple(entry)[4:]) % tuple(values)
    # To look at the values one by one takes three times as long, and few need it.
    if not line.isprintable() or line.count(" ") >= len(values) > 0:
        line = " ".join([f"{name}={plain(value)}" for name, value in facts_of(entry)])
    traceback = f"\n{entry['exception']}" if "exception" in entry else ""
    head = f"{time.isoformat()[:-6]}Z [{level:8}] {one_line(event)} [{logger}]"
    return f"{head}{line and ' '}{line}{traceback}\n".encode(errors="backslashreplace")


@lru_cache(maxsize=128)
def _template(names: tuple[str, ...]) -> str:
    return " ".join(f"{name}=%s" for name in names)


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
        facts = {
            name: one_line(value) if isinstance(value, str) else value
            for name, value in facts_of(entry)
        }
        time = f"{entry['timestamp']:%H:%M:%S}"
        safe = {**entry, **facts, "timestamp": time, "event": one_line(entry["event"])}
        return f"{self.renderer(None, '', safe)}\n".encode(errors="backslashreplace")


def facts_of(entry: Entry) -> list[tuple[str, Any]]:
    """Return what an entry says beside its head and its traceback."""
    return [fact for fact in islice(entry.items(), 4, None) if fact[0] != "exception"]


def one_line(event: str) -> str:
    """Return a sentence, escaped where it is not printable."""
    return event if event.isprintable() else json.dumps(event)[1:-1]


def plain(value: Any) -> str:
    """Return a value as text that is one word, or quoted, or in brackets."""
    if isinstance(value, str):
        return value if _PLAIN(value) else json.dumps(value)
    return json.dumps(value, default=str) if isinstance(value, (list, dict)) else plain(str(value))

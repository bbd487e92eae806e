"""structlog's formatter for every logger: of the service, Django, DRF, pymongo and Granian."""

import logging
import os
import sys

from structlog.processors import ExceptionRenderer, format_exc_info
from structlog.stdlib import ProcessorFormatter
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, Processor, WrappedLogger

from fastapi_mongo_site.http.context import origin
from fastapi_mongo_site.logs.lines import lines
from fastapi_mongo_site.logs.rendering import Colours, Render, as_json, as_text, timestamp


def make_formatter(log_format: str) -> ProcessorFormatter:
    """Return the formatter for a LOG_FORMAT, and let the lines of requests and writes have it."""
    if log_format == "json":
        lines.render = as_json
        # Not with the values of variables, which may be secrets.
        tell_exception = ExceptionRenderer(ExceptionDictTransformer(show_locals=False))
    else:
        lines.render = Colours() if has_colours() else as_text
        tell_exception = format_exc_info
    return ProcessorFormatter(processors=[entry_of, tell_exception, last(lines.render)])


def has_colours() -> bool:
    """Tell whether stderr is a terminal that is to have colours (https://no-color.org)."""
    return sys.stderr.isatty() and not os.environ.get("NO_COLOR")


def entry_of(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """Return the entry, with the record's `facts` and where it comes from."""
    record: logging.LogRecord = event.pop("_record")
    del event["_from_structlog"]
    entry = {
        "timestamp": timestamp(record.created),
        "level": record.levelname.lower(),
        "logger": record.name,
        "event": event.pop("event"),
        **getattr(record, "facts", {}),
        **event,
    }
    return {**entry, **origin()}


def last(render: Render) -> Processor:
    """Return the processor that renders; the handler adds the newline."""
    return lambda logger, name, event: render(event)[:-1].decode()

"""The one formatter of all loggers."""

import io
import json
import logging
import sys

import pytest

from djongo_engine.work import Work, current
from fastapi_mongo_site.http.context import RequestContext
from fastapi_mongo_site.logs import formatter as module
from fastapi_mongo_site.logs.formatter import make_formatter
from fastapi_mongo_site.logs.lines import lines
from fastapi_mongo_site.logs.rendering import Colours, as_json, as_text


@pytest.fixture
def render(monkeypatch):
    monkeypatch.setattr(lines, "render", as_text)


@pytest.fixture
def logged(render):
    """Log to a logger of its own in a format; return what is written."""

    def logged(log_format, message, *args, **options):
        stream = io.StringIO()
        handler = logging.StreamHandler(stream)
        handler.setFormatter(make_formatter(log_format))
        logger = logging.Logger("somebody")
        logger.addHandler(handler)
        logger.warning(message, *args, **options)
        return stream.getvalue()

    return logged


def test_json_has_the_four_of_every_line_first(logged):
    entry = json.loads(logged("json", "It is %s.", "so", extra={"facts": {"number": 3}}))
    assert list(entry) == ["timestamp", "level", "logger", "event", "number"]
    assert [entry["level"], entry["logger"], entry["event"], entry["number"]] == [
        "warning",
        "somebody",
        "It is so.",
        3,
    ]


def test_console_has_a_line_for_people(logged):
    assert logged("console", "It is so.").endswith("Z [warning] [somebody] It is so.\n")


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_what_others_attach_to_a_record_is_not_shown(logged, rf, log_format):
    request = rf.get("/?search=precious")
    assert "precious" not in logged(log_format, "Bad", extra={"request": request})


HIDDEN = "hidden-secret"


def fail(secret):
    raise ValueError("boom")


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_exception_shows_where_and_no_value_of_a_variable(logged, log_format):
    try:
        fail(HIDDEN)
    except ValueError:
        line = logged(log_format, "It failed.", exc_info=True)
    assert "boom" in line
    assert "test_formatter.py" in line
    assert HIDDEN not in line


def test_exception_is_structured_in_json(logged):
    try:
        fail("")
    except ValueError:
        entry = json.loads(logged("json", "It failed.", exc_info=True))
    (exception,) = entry["exception"]
    assert (exception["exc_type"], exception["exc_value"]) == ("ValueError", "boom")
    assert exception["frames"][-1]["name"] == "fail"


@pytest.mark.parametrize(
    ("work", "shown"),
    [
        (lambda rf: RequestContext(rf.get("/", HTTP_X_REQUEST_ID="one")), {"request_id": "one"}),
        (lambda _: Work("import_items"), {"command": "import_items"}),
        (lambda _: None, {}),
    ],
    ids=["request", "command", "neither"],
)
def test_line_says_during_which_request_or_command_it_was_logged(logged, rf, work, shown):
    token = current.set(work(rf))
    try:
        entry = json.loads(logged("json", "It is so."))
    finally:
        current.reset(token)
    assert {name: entry[name] for name in ("request_id", "command") if name in entry} == shown


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("stderr", "no_color", "colours"),
    [(Terminal(), "", True), (Terminal(), "1", False), (io.StringIO(), "", False)],
)
def test_colours_are_for_a_terminal_that_does_not_refuse_them(
    render, monkeypatch, stderr, no_color, colours
):
    monkeypatch.setattr(sys, "stderr", stderr)
    monkeypatch.setenv("NO_COLOR", no_color)
    make_formatter("console")
    assert isinstance(lines.render, Colours) is colours


def test_traceback_on_a_terminal_shows_no_value_of_a_variable(logged, monkeypatch):
    monkeypatch.setattr(module, "has_colours", lambda: True)
    try:
        fail(HIDDEN)
    except ValueError:
        text = logged("console", "It failed.", exc_info=True)
    assert "boom" in text
    assert HIDDEN not in text


def test_lines_of_requests_have_the_same_format(render):
    make_formatter("json")
    assert lines.render is as_json


def test_every_logger_has_it(settings):
    assert settings.LOGGING["root"]["handlers"] == ["stderr"]
    for name in ("django", "django.request", "pymongo", "_granian", "items", "accounts.audit"):
        logger = logging.getLogger(name)
        assert logger.propagate
        assert not logger.handlers

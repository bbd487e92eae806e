"""An entry of the log, as JSON and as text."""

import json

import pytest

from fastapi_mongo_site.logs.rendering import Colours, as_json, as_text, timestamp

AT = "2026-12-01T08:30:00.250000Z"
FORGED = 'a"\nlevel=error x \u2028\x1b[2J'


def entry(event="request", **facts):
    return {"timestamp": AT, "level": "info", "logger": "requests", "event": event, **facts}


def test_json_is_one_object_on_one_line():
    line = as_json(entry(status=200, user=None, path="/é"))
    assert line.count(b"\n") == 1
    assert json.loads(line) == {
        "timestamp": "2026-12-01T08:30:00.250000Z",
        "level": "info",
        "logger": "requests",
        "event": "request",
        "status": 200,
        "user": None,
        "path": "/é",
    }


def test_json_shows_what_is_no_json_and_no_unicode():
    shown = json.loads(as_json(entry(half="\ud800", kind=int)))
    assert (shown["half"], shown["kind"]) == ("\ud800", "<class 'int'>")
    assert json.loads(as_json(entry(kind=int)))["kind"] == "<class 'int'>"


def test_text_has_the_time_the_level_the_event_the_logger_and_facts():
    line = as_text(entry(status=200, ms=0.25, user=None, ids=["a", "b"], fields=["count"]))
    head = b"2026-12-01T08:30:00.250000Z [info] [requests] request "
    assert line == head + b"status=200 ms=0.25 user=None ids=a,b fields=count\n"


def test_text_without_facts_ends_with_the_event():
    assert as_text(entry("It is so.")).endswith(b" [requests] It is so.\n")


def test_time_is_in_utc_and_to_the_microsecond():
    assert timestamp(0.5) == "1970-01-01T00:00:00.500000Z"
    assert timestamp(1_796_113_800.000_25) == "2026-12-01T08:30:00.000250Z"


@pytest.mark.parametrize("render", [as_text, Colours(), as_json])
@pytest.mark.parametrize("place", ["event", "value"])
def test_no_text_of_a_client_ends_its_line_or_passes_for_another_value(render, place):
    line = render(entry(FORGED) if place == "event" else entry(path=FORGED)).decode()
    assert len(line[:-1].splitlines()) == 1 or render is as_json
    assert "\x1b[2J" not in line
    if place == "value" and render is as_text:
        assert '"a\\"\\nlevel=error x \\u2028\\u001b[2J"' in line


def test_text_with_a_space_is_quoted_and_others_are_not():
    line = as_text(entry(path="/a b=c", name="x=y"))
    assert line.endswith(b' path="/a b=c" name=x=y\n')


def test_traceback_comes_behind_the_line():
    line = as_text(entry(status=500, exception="Traceback:\n  boom"))
    assert line.endswith(b" status=500\nTraceback:\n  boom\n")


def test_terminal_gets_colours():
    assert b"\x1b[" in Colours()(entry(status=200))

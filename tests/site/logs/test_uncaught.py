"""What nobody catches is in the log."""

import logging
import sys
import threading
import warnings

import pytest

from fastapi_mongo_site.logs.uncaught import log_uncaught


@pytest.fixture(autouse=True)
def as_before(monkeypatch):
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    with warnings.catch_warnings():
        log_uncaught()
        yield
        logging.captureWarnings(False)


def in_thread(target):
    thread = threading.Thread(target=target, name="sleeper")
    thread.start()
    thread.join()


def test_error_that_ends_a_thread(caplog):
    in_thread(lambda: 1 / 0)
    (record,) = caplog.records
    assert record.message == "An error ended the thread sleeper."
    assert record.exc_info[0] is ZeroDivisionError


def test_thread_that_exits_is_no_error(caplog):
    in_thread(sys.exit)
    assert caplog.records == []


def test_error_that_ends_the_process(caplog):
    try:
        1 / 0  # noqa: B018
    except ZeroDivisionError:
        sys.excepthook(*sys.exc_info())
    (record,) = caplog.records
    assert (record.levelname, record.exc_info[0]) == ("CRITICAL", ZeroDivisionError)


def test_warning(caplog):
    warnings.simplefilter("always")
    warnings.warn("old", DeprecationWarning, stacklevel=1)
    assert "DeprecationWarning: old" in caplog.text

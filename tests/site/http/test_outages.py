"""The log says why requests are a 503: a line a minute for each cause."""

import pytest
from django.db import OperationalError
from pymongo.errors import OperationFailure

from djongo_engine.errors import NotAllowed
from fastapi_mongo_site.http import outages
from fastapi_mongo_site.http.outages import log_outage


@pytest.fixture
def clock(monkeypatch):
    """The time in seconds, in a list of one."""
    now = [1000.0]
    monkeypatch.setattr(outages, "_said", {})
    monkeypatch.setattr(outages.time, "monotonic", lambda: now[0])
    return now


def outage(code, kind=OperationalError):
    error = kind(f"said {code}")
    error.__cause__ = OperationFailure("said so", code)
    return error


def test_a_cause_is_said_once_a_minute(clock, caplog):
    for clock[0] in (1000, 1059, 1060):
        log_outage(outage(112))
    assert caplog.messages == ["503: said 112"] * 2


def test_another_cause_has_a_line_of_its_own(clock, caplog):
    log_outage(outage(112))
    log_outage(outage(14031))
    assert caplog.messages == ["503: said 112", "503: said 14031"]


def test_line_names_the_secret_when_the_user_may_not_do_it(clock, caplog):
    log_outage(outage(13, NotAllowed))
    assert caplog.messages == ["503: The user in the secret mongo_url may not do this: said 13"]

"""A start waits for a database that does not answer, and for nothing else."""

import time

import pytest
from django.conf import settings
from django.db import DatabaseError, OperationalError
from pymongo.errors import InvalidURI

from fastapi_mongo_site import preparation
from fastapi_mongo_site.configuration import Secret
from fastapi_mongo_site.preparation import when_database_answers


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(preparation, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(preparation, "TELL_SECONDS", 0.2)
    url = Secret("mongo_url", "mongodb://user:hidden@a:1,b:2/?replicaSet=rs")
    monkeypatch.setitem(settings.SECRETS, "mongo_url", url)


def away(seconds, error):
    """A preparation that fails for so long."""
    until = time.monotonic() + seconds

    def prepare():
        if time.monotonic() < until:
            raise error

    return prepare


def test_it_says_what_it_waits_for_at_once_and_then_once_a_while(caplog):
    when_database_answers(away(0.5, OperationalError("No primary in time")))
    assert caplog.messages == ["Waiting for MongoDB at a:1,b:2: No primary in time"] * 3


def test_it_is_silent_when_the_database_answers(caplog):
    when_database_answers(away(0, OperationalError()))
    assert caplog.messages == []


def test_an_error_of_another_kind_ends_the_start():
    with pytest.raises(DatabaseError, match="broken"):
        when_database_answers(away(1, DatabaseError("broken")))


def test_a_connection_string_that_cannot_be_right_ends_the_start():
    error = OperationalError("Username and password must be escaped")
    error.__cause__ = InvalidURI()
    with pytest.raises(OperationalError):
        when_database_answers(away(1, error))


def test_no_line_holds_a_part_of_the_password(monkeypatch, caplog):
    url = Secret("mongo_url", "mongodb://user:hid#den@a:1/")
    monkeypatch.setitem(settings.SECRETS, "mongo_url", url)
    when_database_answers(away(0.1, OperationalError("No primary in time")))
    assert caplog.messages == ["Waiting for MongoDB at a:1: No primary in time"]

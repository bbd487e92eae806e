"""The audit trail: which events it has, what they say."""

import logging
import re

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import RequestFactory
from rest_framework.test import APIClient

from accounts import audit
from fastapi_mongo_site.configuration import Secret
from fastapi_mongo_site.http.request_id import RequestIdMiddleware, current_request_id
from tests.support.accounts import basic

PASSWORD = settings.SECRETS["service_pwd"].value


@pytest.fixture
def events(caplog):
    """The audit dictionaries recorded so far."""
    caplog.set_level(logging.INFO, "accounts.audit")

    def events():
        return [record.audit for record in caplog.records if record.name == "accounts.audit"]

    return events


def attempt(username, password, **headers):
    authorization = basic(username, password)
    return APIClient().get("/v1/items?limit=1", HTTP_AUTHORIZATION=authorization, **headers)


def test_success_after_failure(service_user, events, caplog):
    attempt(service_user, "wrong")
    caplog.clear()
    attempt(service_user, PASSWORD, HTTP_X_REQUEST_ID="abc-1")
    assert events() == [
        {
            "event": "success_after_failure",
            "user": service_user,
            "request_id": "abc-1",
            "address": "127.0.0.1",
            "failures": 1,
        }
    ]
    assert caplog.messages == [
        "event=success_after_failure user=tester request_id=abc-1 address=127.0.0.1 failures=1"
    ]


def test_success_without_failure_is_no_event(service_user, events, caplog):
    caplog.clear()
    attempt(service_user, PASSWORD)
    assert events() == []


def test_lockout_is_one_event_when_the_limit_is_reached(service_user, events, caplog, monkeypatch):
    monkeypatch.setattr("accounts.authenticator.PAIR_LIMIT", 2)
    monkeypatch.setattr("accounts.authenticator.ADDRESS_LIMIT", 3)
    caplog.clear()
    for _ in range(4):
        attempt(service_user, "wrong")
    attempt("a-password-in-the-wrong-field", "wrong")
    attempt("another", "wrong")
    assert [(e["event"], e["user"], e["scope"]) for e in events()] == [
        ("lockout", service_user, "user"),
        ("lockout", "-", "address"),
    ]
    assert {record.levelname for record in caplog.records} == {"WARNING"}
    assert "wrong-field" not in caplog.text


def test_seed_and_rotation(events, settings):
    call_command("seed_service_user")
    secret = Secret("service_pwd", "the-new-password", "$SERVICE_PWD")
    settings.SECRETS = {**settings.SECRETS, "service_pwd": secret}
    call_command("seed_service_user", "--grace", "1h")
    call_command("seed_service_user", "--end-grace")
    settings.SERVICE_USER = "renamed"
    call_command("seed_service_user")
    assert [(event["event"], event["user"]) for event in events()] == [
        ("seed", "tester"),
        ("seed", "tester"),
        ("grace_set", "tester"),
        ("grace_ended", "tester"),
        ("seed", "renamed"),
        ("deactivated", "tester"),
    ]


def test_a_name_cannot_forge_a_line(events, caplog):
    audit.record("seed", 'a"\nevent=seed user=x \u2028\x1b[2J', address="::1")
    (line,) = caplog.messages
    assert len(line.splitlines()) == 1
    assert line.isprintable()
    assert line.startswith('event=seed user="a\\"\\nevent=seed user=x')


def test_a_failed_login_with_control_characters_logs_nothing_of_it(service_user, caplog):
    caplog.clear()
    attempt("a\nevent=lockout", "wrong")
    assert caplog.text == ""


# The request id


def test_a_sane_request_id_is_kept_and_sent_back(client):
    assert client.get("/", HTTP_X_REQUEST_ID="Abc_1.2-3")["X-Request-ID"] == "Abc_1.2-3"


@pytest.mark.parametrize("given", ["", "a b", "a\nb", "é", "x" * 65, "a;b", '"'])
def test_any_other_is_replaced(client, given):
    made = client.get("/", HTTP_X_REQUEST_ID=given)["X-Request-ID"]
    assert re.fullmatch("[0-9a-f]{32}", made)


def test_the_id_is_that_of_the_request_and_of_no_other():
    seen = []
    middleware = RequestIdMiddleware(lambda request: seen.append(current_request_id()) or {})
    assert middleware(RequestFactory().get("/", HTTP_X_REQUEST_ID="one"))["X-Request-ID"] == "one"
    assert (seen, current_request_id()) == (["one"], "-")

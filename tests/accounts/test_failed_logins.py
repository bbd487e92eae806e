"""Failed logins leave a line at once, then a sum a minute; nobody is ever locked out."""

import logging
import threading

import pytest
from django.conf import settings
from rest_framework.test import APIClient

from accounts import failed_logins as module
from accounts.failed_logins import MAX_ADDRESSES, FailedLogins
from tests.support.accounts import SECRET, basic
from tests.support.forks import in_child


@pytest.fixture
def failed(monkeypatch):
    """The process's failed logins, of which there are none yet."""
    failed = FailedLogins()
    monkeypatch.setattr("accounts.authentication.failed_logins", failed)
    return failed


@pytest.fixture
def events(caplog):
    caplog.set_level(logging.INFO, "accounts.audit")

    def events():
        return [
            {"event": record.message, **record.facts}
            for record in caplog.records
            if record.name == "accounts.audit"
        ]

    return events


def attempt(username="nobody", password="wrong", **headers):
    authorization = basic(username, password)
    return APIClient().get("/v1/items?limit=1", HTTP_AUTHORIZATION=authorization, **headers)


def pass_a_minute(failed):
    """Do what the timer does."""
    failed._timer.cancel()
    failed._end_minute()


def test_the_first_failure_is_told_at_once(service_user, failed, events, caplog):
    attempt(service_user)
    assert events() == [{"event": "login_failed", "user": None, "address": "127.0.0.1"}]
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_those_that_follow_are_told_as_a_sum(failed, events, caplog):
    for number in range(5):
        failed.add(f"192.0.2.{number % 3}")
    assert len(events()) == 1
    pass_a_minute(failed)
    assert {"failures": 4, "addresses": "3", "named": "192.0.2.0,192.0.2.1,192.0.2.2"}.items() <= (
        events()[-1].items()
    )
    assert (events()[-1]["event"], events()[-1]["user"]) == ("logins_failed", None)
    assert {record.levelname for record in caplog.records} == {"WARNING"}


def test_an_attack_that_goes_on_is_a_line_a_minute(failed, events):
    for _ in range(3):
        failed.add("a")
        failed.add("a")
        pass_a_minute(failed)
    assert [event.get("failures") for event in events()] == [None, 1, 2, 2]


def test_after_a_quiet_minute_a_failure_is_told_at_once_again(failed, events):
    failed.add("a")
    pass_a_minute(failed)
    failed.add("b")
    assert [event["event"] for event in events()] == ["login_failed"] * 2


def test_ten_addresses_are_named_and_a_thousand_kept(failed, events):
    for number in range(3 * MAX_ADDRESSES):
        failed.add(f"{number:08}" * 100)
    assert len(failed._addresses) == MAX_ADDRESSES
    failed.tell()
    assert events()[-1]["failures"] == 3 * MAX_ADDRESSES - 1
    assert events()[-1]["addresses"] == f"{MAX_ADDRESSES}+"
    assert len(events()[-1]["named"]) == 10 * 64 + 9


def test_the_timer_tells_the_sum(failed, events, monkeypatch):
    told = threading.Event()
    monkeypatch.setattr(module, "SUM_SECONDS", 0.01)
    monkeypatch.setattr(module.audit, "record", lambda event, *args, **facts: told.set())
    failed.add("a")
    told.clear()
    failed.add("a")
    assert told.wait(10)


def test_without_a_thread_for_the_timer_each_failure_is_told(failed, events, monkeypatch):
    def no_thread(timer):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Timer, "start", no_thread)
    assert [attempt().status_code for _ in range(2)] == [401, 401]
    assert [event["event"] for event in events()] == ["login_failed"] * 2


def test_the_counter_has_every_failure(service_user, failed):
    for _ in range(3):
        attempt()
    attempt(service_user, SECRET)
    APIClient().get("/v1/items")
    assert failed.total == 3


def test_a_malformed_header_is_a_failure(service_user, failed):
    APIClient().get("/v1/items", HTTP_AUTHORIZATION="Basic !")
    assert failed.total == 1


def test_a_success_is_no_event(service_user, failed, events):
    attempt(service_user, SECRET)
    assert events() == []


def test_the_name_that_was_tried_is_in_no_line(service_user, failed, caplog):
    for _ in range(2):
        attempt("a-password-in-the-wrong-field\nevent=seed")
    failed.tell()
    assert "wrong-field" not in caplog.text


def test_who_has_the_secret_is_served_after_any_number_of_failures(service_user, failed):
    assert {attempt(service_user).status_code for _ in range(100)} == {401}
    assert attempt(service_user, SECRET).status_code == 200


FORWARDED = "198.51.100.1, 198.51.100.2, 198.51.100.3"


@pytest.mark.parametrize(
    ("proxies", "told"), [(0, "192.0.2.1"), (1, "198.51.100.3"), (2, "198.51.100.2")]
)
def test_num_proxies_says_which_address_is_the_clients(failed, events, settings, proxies, told):
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": proxies}
    attempt(REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR=FORWARDED)
    assert events()[0]["address"] == told


def test_a_forked_child_begins_with_none(failed):
    failed.add("a")
    with failed._lock:
        assert in_child(lambda: failed.add("b") or failed.total) == "1"


def test_the_service_users_name_is_not_told_apart(service_user, failed, events):
    attempt(settings.SERVICE_USER)
    failed.tell()
    assert {event["user"] for event in events()} == {None}

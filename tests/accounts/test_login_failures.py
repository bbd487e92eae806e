"""Failed logins are counted before they are hashed, by user and address, and by address."""

import datetime
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import patch

import pytest
from django.conf import settings
from django.db import connection
from rest_framework.test import APIClient

from accounts import failures
from accounts.addresses import counted_as
from accounts.authenticator import authenticator, renew_authenticator
from accounts.failures import ADDRESS_LIMIT, PAIR_LIMIT, WINDOW, LimitPendingError
from accounts.models import FailureCount, User
from tests.support.accounts import basic
from tests.support.commands import commands

PASSWORD = settings.SECRETS["service_pwd"].value


def attempt(username, password, address="192.0.2.1", **headers):
    headers = {"REMOTE_ADDR": address, "HTTP_AUTHORIZATION": basic(username, password), **headers}
    return APIClient().get("/v1/items?limit=1", **headers)


def statuses(count, username, address="192.0.2.1", **headers):
    return [attempt(username, "wrong", address, **headers).status_code for _ in range(count)]


@pytest.fixture
def low_limits(monkeypatch):
    """Limits that few attempts reach."""
    monkeypatch.setattr("accounts.authenticator.PAIR_LIMIT", 3)
    monkeypatch.setattr("accounts.authenticator.ADDRESS_LIMIT", 5)


def later(delta):
    """Let time pass for every count."""
    for count in FailureCount.objects.all():
        count.expires -= delta
        count.save()
    renew_authenticator()


def test_ten_failures_then_429_without_a_hash(service_user, hashes):
    assert statuses(PAIR_LIMIT, service_user) == [401] * PAIR_LIMIT
    hashes.clear()
    response = attempt(service_user, "wrong")
    assert response.status_code == 429
    assert list(response.json()) == ["detail"]
    assert 0 < int(response["Retry-After"]) <= WINDOW.total_seconds()
    assert hashes == []


def test_unknown_and_inactive_users_are_counted_alike(low_limits):
    User.objects.create_user("inactive", password="some-password", is_active=False)
    for number, name in enumerate(("inactive", "nobody", "a" * 200)):
        assert statuses(4, name, f"192.0.2.{number}") == [401] * 3 + [429]


def test_right_password_does_not_pass_the_limit_from_that_address(low_limits, service_user, hashes):
    statuses(3, service_user)
    hashes.clear()
    assert attempt(service_user, PASSWORD).status_code == 429
    assert hashes == []


def test_right_user_from_another_address_is_never_locked_out(low_limits, service_user):
    statuses(3, service_user)
    assert attempt(service_user, PASSWORD, "192.0.2.2").status_code == 200


def test_a_success_clears_the_pair(low_limits, service_user):
    statuses(2, service_user)
    assert attempt(service_user, PASSWORD).status_code == 200
    assert statuses(4, service_user) == [401] * 3 + [429]


def test_an_address_is_limited_over_all_usernames(service_user):
    names = [f"user{number}" for number in range(ADDRESS_LIMIT)]
    assert {attempt(name, "wrong").status_code for name in names} == {401}
    response = attempt(service_user, PASSWORD)
    assert (response.status_code, int(response["Retry-After"]) > 0) == (429, True)
    assert attempt(service_user, PASSWORD, "192.0.2.2").status_code == 200


def test_a_refused_attempt_is_not_counted(low_limits, service_user):
    statuses(9, service_user)
    counts = FailureCount.objects.all()
    assert [(count.attempts, count.failures) for count in counts] == [(3, 3)] * 2


def test_verified_client_is_served_while_its_address_is_limited(low_limits, service_user):
    assert attempt(service_user, PASSWORD).status_code == 200
    statuses(3, service_user)
    statuses(2, "another")
    assert attempt("another", "wrong").status_code == 429
    assert attempt(service_user, PASSWORD).status_code == 200


def test_the_successful_path_touches_no_count(service_user, monkeypatch):
    attempt(service_user, PASSWORD)
    FailureCount.objects.all().delete()
    assert attempt(service_user, PASSWORD).status_code == 200
    assert not FailureCount.objects.exists()


def test_attempts_at_once_on_a_full_count_leave_none_behind(monkeypatch):
    monkeypatch.setattr("accounts.failures.PENDING_SECONDS", 60)
    monkeypatch.setattr("accounts.failures.POLL_SECONDS", 0)

    def come_and_go(number):
        for _ in range(10):
            FailureCount.objects.release(FailureCount.objects.reserve("key", 2))
        connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(come_and_go, range(8)))
    assert FailureCount.objects.get().attempts == 0


@pytest.mark.parametrize(
    "password, settled",
    [(PASSWORD, ["update", "findAndModify"]), ("wrong", ["update", "update"])],
    ids=["right", "wrong"],
)
def test_a_later_attempt_costs_two_commands_a_count(service_user, password, settled):
    attempt(service_user, "wrong")
    with commands(FailureCount._meta.db_table) as sent:
        attempt(service_user, password)
    assert sent == ["findAndModify", "findAndModify", *settled]


def test_a_first_success_leaves_no_attempt_behind(service_user):
    attempt(service_user, PASSWORD)
    assert [(count.attempts, count.failures) for count in FailureCount.objects.all()] == [(0, 0)]


def test_the_window_ends_five_minutes_after_the_first_failure(low_limits, service_user):
    statuses(3, service_user)
    later(WINDOW - datetime.timedelta(seconds=20))
    assert 0 < int(attempt(service_user, "wrong")["Retry-After"]) <= 20
    later(datetime.timedelta(seconds=21))
    assert statuses(4, service_user) == [401] * 3 + [429]


def test_each_window_tells_once_that_its_limit_was_reached(service_user):
    for _ in range(2):
        reservations = [FailureCount.objects.reserve("key", 3) for _ in range(3)]
        assert [FailureCount.objects.fail(each) for each in reservations] == [False, False, True]
        later(WINDOW)


def test_an_attempt_that_waits_asks_twice_a_poll(monkeypatch):
    FailureCount.objects.reserve("key", 1)
    monkeypatch.setattr("accounts.failures.PENDING_SECONDS", 3 * failures.POLL_SECONDS)
    with commands(FailureCount._meta.db_table) as sent, pytest.raises(LimitPendingError):
        FailureCount.objects.reserve("key", 1)
    assert sent.count("insert") == 1
    assert sent[3:5] == ["findAndModify", "find"]


def test_a_limit_lifted_elsewhere_is_noticed_soon(low_limits, service_user, settings):
    settings.AUTH_CACHE_SECONDS = 0
    renew_authenticator()
    assert statuses(4, service_user)[-1] == 429
    FailureCount.objects.all().delete()
    assert attempt(service_user, "wrong").status_code == 401


def test_a_known_limit_costs_no_round_trip(low_limits, monkeypatch):
    statuses(4, "nobody")
    monkeypatch.setattr(User.objects, "filter", lambda **kwargs: pytest.fail("a query"))
    monkeypatch.setattr(
        type(FailureCount.objects), "reserve", lambda *args: pytest.fail("a round trip")
    )
    assert attempt("nobody", "wrong").status_code == 429


def test_counts_expire_in_mongodb_and_name_nobody(service_user):
    statuses(1, "a-password-in-the-wrong-field")
    collection = connection.database["accounts_failurecount"]
    assert collection.index_information()["expiry"]["expireAfterSeconds"] == 0
    stored = list(collection.find())
    assert all(isinstance(count["expires"], datetime.datetime) for count in stored)
    assert all(len(bytes.fromhex(count["_id"])) == 32 for count in stored)
    assert "wrong-field" not in str(stored)
    assert "192.0.2.1" not in str(stored)


# Attempts under way


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(failures, "PENDING_SECONDS", 0.1)


def test_at_most_the_limit_is_reserved_by_many_at_once(impatient):
    def reserve(number):
        try:
            return FailureCount.objects.reserve("key", PAIR_LIMIT)
        except LimitPendingError:
            return None

    with ThreadPoolExecutor(16) as pool:
        reservations = list(filter(None, pool.map(reserve, range(50))))
    assert len(reservations) == PAIR_LIMIT
    assert [FailureCount.objects.fail(reservation) for reservation in reservations] == (
        [False] * (PAIR_LIMIT - 1) + [True]
    )


def test_attempts_under_way_are_no_failures(service_user, impatient, hashes):
    key = failures.count_key(service_user, "192.0.2.1")
    reservations = [FailureCount.objects.reserve(key, PAIR_LIMIT) for _ in range(PAIR_LIMIT)]
    response = attempt(service_user, PASSWORD)
    assert (response.status_code, response["Retry-After"]) == (503, "1")
    assert hashes == []
    FailureCount.objects.release(reservations[0])
    assert attempt(service_user, PASSWORD).status_code == 200


def test_an_attempt_settles_in_its_own_window_alone():
    old = FailureCount.objects.reserve("key", PAIR_LIMIT)
    later(WINDOW)
    FailureCount.objects.reserve("key", PAIR_LIMIT)
    FailureCount.objects.fail(old)
    FailureCount.objects.release(old)
    count = FailureCount.objects.get()
    assert (count.attempts, count.failures) == (1, 0)


def test_an_attempt_without_a_slot_is_taken_back(service_user, monkeypatch):
    def no_slot(*args, **kwargs):
        raise failures.LimitPendingError

    monkeypatch.setattr("accounts.hashing.PasswordHashing.match", no_slot)
    assert attempt(service_user, PASSWORD).status_code == 503
    assert {count.attempts for count in FailureCount.objects.all()} == {0}


@pytest.fixture
def verified(service_user):
    """A client whose credentials are verified, and its user read, a moment ago."""
    assert attempt(service_user, PASSWORD).status_code == 200


@pytest.fixture
def mongodb_away(verified):
    """The connection pointed at a port where nobody listens."""
    options = {"host": "mongodb://127.0.0.1:9", "serverSelectionTimeoutMS": 50}
    with patch.dict(connection.settings_dict, CLIENT=options):
        connection.close()
        yield
    connection.close()


def options(username, password, **headers):
    """The answer to a request that needs the user alone."""
    headers = {"HTTP_AUTHORIZATION": basic(username, password), **headers}
    return APIClient().options("/v1/items", **headers)


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
@pytest.mark.parametrize("password", ["wrong", PASSWORD])
def test_without_mongodb_nobody_new_gets_in(mongodb_away, service_user, password, accept):
    with authenticator().cache._lock:
        authenticator().cache._verified.clear()
    response = options(service_user, password, HTTP_ACCEPT=accept)
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert "The database does not answer" in response.content.decode()


def test_without_mongodb_the_verified_are_served_until_the_user_must_be_read(
    mongodb_away, service_user
):
    assert options(service_user, PASSWORD).status_code == 200
    authenticator().cache.forget_users()
    assert options(service_user, PASSWORD).status_code == 503


def test_refusals_do_not_fill_the_log(low_limits, service_user, caplog):
    statuses(4, "nobody")
    authenticator()._places = 0
    caplog.clear()
    assert statuses(3, "nobody") == [429] * 3
    assert statuses(3, "another", "192.0.2.2") == [503] * 3
    assert caplog.text == ""


# Addresses


FORWARDED = "198.51.100.1, 198.51.100.2, 198.51.100.3"


@pytest.mark.parametrize(
    ("proxies", "counted"), [(0, "192.0.2.1"), (1, "198.51.100.3"), (2, "198.51.100.2")]
)
def test_num_proxies_says_which_address_is_the_clients(settings, proxies, counted):
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": proxies}
    statuses(1, "nobody", HTTP_X_FORWARDED_FOR=FORWARDED)
    assert FailureCount.objects.filter(key=failures.count_key(counted)).exists()


def test_a_made_up_forwarded_address_does_not_pass_the_limit(low_limits, service_user):
    for number in range(3):
        statuses(1, service_user, HTTP_X_FORWARDED_FOR=f"198.51.100.{number}")
    assert statuses(1, service_user, HTTP_X_FORWARDED_FOR="198.51.100.99") == [429]


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.1:50000", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::7]:50000", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("unknown", "unknown"),
        ("[", "["),
        ("", ""),
    ],
)
def test_a_client_is_an_address_or_the_network_of_an_ipv6_one(address, counted):
    assert counted_as(address) == counted


def test_counts_of_different_parts_never_meet():
    assert failures.count_key("ab", "c") != failures.count_key("a", "bc")

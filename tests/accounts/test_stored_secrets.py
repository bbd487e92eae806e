"""The accounts are read every few seconds by one thread, and a change of one takes effect."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import patch

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from rest_framework.test import APIClient

from accounts import stored_secrets as module
from accounts.hashers import HASHER
from accounts.models import User
from accounts.stored_secrets import Reading, StoredSecrets, stored_secrets
from fastapi_mongo_site.http import outages
from tests.support.accounts import NEW, SECRET, basic
from tests.support.commands import commands
from tests.support.forks import in_child

SECONDS = 5.0
ACCOUNTS = User._meta.db_table


@pytest.fixture(autouse=True)
def cache_seconds(settings):
    settings.AUTH_CACHE_SECONDS = SECONDS


@pytest.fixture
def clock(monkeypatch):
    """A monotonic clock that stands still until a test moves it: `clock.now += 1`."""

    class Clock:
        now = 1000.0

        def monotonic(self):
            return self.now

    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


def login(secret=SECRET, username=settings.SERVICE_USER):
    return stored_secrets.user_with(username, secret)


def elsewhere(**changes):
    """Change the users as another process does: without this one's signals."""
    User.objects.update(**changes)


def test_many_logins_cost_one_reading(service_user, clock):
    with commands(ACCOUNTS) as sent:
        assert all(login() for _ in range(5))
        clock.now += SECONDS
        assert login()
    assert sent == ["find"]


def test_a_reading_that_is_older_is_read_again(service_user, clock):
    login()
    clock.now += SECONDS + 0.1
    with commands(ACCOUNTS) as sent:
        assert login()
    assert sent == ["find"]


@pytest.mark.parametrize(
    "change",
    [{"is_active": False}, {"password": "!"}, {"username": "renamed"}, {"is_service_user": False}],
    ids=["disabled", "secret", "renamed", "made another's"],
)
def test_a_change_in_this_process_counts_at_once(service_user, change):
    assert login()
    user = User.objects.get()
    for name, value in change.items():
        setattr(user, name, value)
    user.save()
    assert login() is None


def test_a_deleted_user_is_out_at_once(service_user):
    assert login()
    User.objects.get().delete()
    assert login() is None


def test_a_change_elsewhere_counts_when_the_accounts_are_read_again(service_user, clock):
    login()
    elsewhere(is_active=False)
    assert login()
    clock.now += SECONDS + 0.1
    assert login() is None


def test_a_new_secret_elsewhere_is_accepted_when_the_accounts_are_read_again(service_user, clock):
    login()
    elsewhere(password=HASHER.encode(NEW, "salt"))
    clock.now += SECONDS + 0.1
    assert (login(), login(NEW) is None) == (None, False)


def test_with_zero_seconds_every_request_reads(service_user, settings):
    settings.AUTH_CACHE_SECONDS = 0
    with commands(ACCOUNTS) as sent:
        assert login()
        elsewhere(is_active=False)
        assert login() is None
    assert sent.count("find") == 2


# Readings that take long, or fail


class Gate:
    """Readings that wait to be let through; `begun` has one release for each."""

    def __init__(self, monkeypatch):
        self.begun, self.open = threading.Semaphore(0), threading.Event()
        read = StoredSecrets._read

        def gated(stored):
            began = module.time.monotonic()
            self.begun.release()
            assert self.open.wait(20)
            return read(stored)._replace(began=began)

        monkeypatch.setattr(StoredSecrets, "_read", gated)


@pytest.fixture
def gate(service_user, monkeypatch):
    gate = Gate(monkeypatch)
    yield gate
    gate.open.set()


@pytest.fixture
def pool(gate):
    with ThreadPoolExecutor(8) as pool:
        yield pool
        gate.open.set()


def waiting(answers):
    """Tell whether none of the answers is there, also a moment later."""
    time.sleep(0.05)
    return not any(answer.done() for answer in answers)


def test_the_first_logins_wait_for_one_reading(gate, pool):
    answers = [pool.submit(login) for _ in range(8)]
    assert gate.begun.acquire(timeout=20)
    assert waiting(answers)
    gate.open.set()
    assert all(answer.result() for answer in answers)
    assert not gate.begun.acquire(blocking=False)


def test_one_thread_reads_while_the_others_go_on_with_the_reading_before(gate, pool, clock):
    gate.open.set()
    assert login()
    gate.open.clear()
    clock.now += 2 * SECONDS
    [gate.begun.acquire(blocking=False) for _ in range(2)]
    reads = pool.submit(login)
    assert gate.begun.acquire(timeout=20)
    assert all(pool.submit(login).result(20) for _ in range(5))
    assert waiting([reads])
    gate.open.set()
    assert reads.result()


def test_a_reading_older_than_twice_the_seconds_lets_nobody_in(gate, pool, clock):
    gate.open.set()
    assert login()
    gate.open.clear()
    clock.now += 2 * SECONDS + 0.1
    answers = [pool.submit(login) for _ in range(4)]
    assert waiting(answers)
    gate.open.set()
    assert all(answer.result() for answer in answers)


@pytest.mark.parametrize(("late", "refused"), [(0, False), (0.1, True)])
def test_a_reading_that_took_longer_than_twice_the_seconds_is_refused(
    gate, pool, clock, late, refused
):
    answer = pool.submit(login)
    assert gate.begun.acquire(timeout=20)
    clock.now += 2 * SECONDS + late
    gate.open.set()
    assert isinstance(answer.exception(20), OperationalError) is refused


def test_a_reading_that_a_change_overtook_is_not_kept(gate, pool):
    before = pool.submit(login)
    assert gate.begun.acquire(timeout=20)
    stored_secrets.forget()
    after = pool.submit(login)
    assert gate.begun.acquire(timeout=20)
    gate.open.set()
    assert before.result(20)
    assert after.result(20)
    assert not gate.begun.acquire(blocking=False)


def test_a_reading_of_before_a_change_is_not_kept_after_it(service_user, monkeypatch):
    read, begun, go_on = StoredSecrets._read, threading.Event(), threading.Event()

    def overtaken(stored):
        reading = read(stored)
        begun.set()
        assert go_on.wait(20)
        return reading

    monkeypatch.setattr(StoredSecrets, "_read", overtaken)
    with ThreadPoolExecutor(1) as pool:
        before = pool.submit(login)
        assert begun.wait(20)
        user = User.objects.get()
        user.is_active = False
        user.save()
        go_on.set()
        assert before.result(20)
    assert login() is None


def test_a_reading_begins_before_its_query(service_user, monkeypatch, clock):
    find = User.objects.filter

    def slow(**conditions):
        clock.now += 2 * SECONDS + 0.1
        return find(**conditions)

    monkeypatch.setattr(User.objects, "filter", slow)
    with pytest.raises(OperationalError, match="too long"):
        login()


def test_all_that_wait_share_the_error_of_the_one_that_reads(service_user, monkeypatch, clock):
    begun, fail = threading.Semaphore(0), threading.Event()

    def failing(stored):
        begun.release()
        fail.wait(20)
        raise OperationalError("away")

    monkeypatch.setattr(StoredSecrets, "_read", failing)
    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(login) for _ in range(8)]
        assert begun.acquire(timeout=20)
        assert waiting(answers)
        fail.set()
        assert all(isinstance(answer.exception(), OperationalError) for answer in answers)
    assert not begun.acquire(blocking=False)


def test_after_an_error_the_accounts_are_read_again(service_user, monkeypatch):
    read = StoredSecrets._read
    monkeypatch.setattr(StoredSecrets, "_read", lambda stored: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        login()
    monkeypatch.setattr(StoredSecrets, "_read", read)
    assert login()


@pytest.fixture
def mongodb_away(service_user):
    """The connection pointed at a port where nobody listens."""
    options = {"host": "mongodb://127.0.0.1:9", "serverSelectionTimeoutMS": 50}
    with patch.dict(connection.settings_dict, CLIENT=options):
        connection.close()
        yield
    connection.close()


def options(password=SECRET, **headers):
    """The answer to a request that needs the user alone."""
    headers = {"HTTP_AUTHORIZATION": basic(settings.SERVICE_USER, password), **headers}
    return APIClient().options("/v1/items", **headers)


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
@pytest.mark.parametrize("password", ["wrong", SECRET])
def test_without_mongodb_nobody_gets_in(mongodb_away, password, accept):
    response = options(password, HTTP_ACCEPT=accept)
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert "The database does not answer" in response.content.decode()


def test_without_mongodb_the_log_says_why_once_a_minute(mongodb_away, caplog, monkeypatch):
    monkeypatch.setattr(outages, "_said", {})
    options()
    options()
    assert [message[:20] for message in caplog.messages] == ["503: 127.0.0.1:9: [E"]


def test_without_mongodb_a_reading_lets_in_for_its_seconds(service_user, clock):
    assert options().status_code == 200
    with patch.object(User.objects, "filter", side_effect=OperationalError("away")):
        clock.now += SECONDS
        assert options().status_code == 200
        clock.now += 0.1
        assert options().status_code == 503
        clock.now += SECONDS
        assert options().status_code == 503


def test_a_forked_child_begins_anew(service_user):
    assert login()
    with stored_secrets._lock:
        assert in_child(lambda: (stored_secrets._latest, login() is not None)) == "(None, True)"


# What cannot log in


@pytest.fixture
def own():
    """Stored secrets that have not warned yet."""
    return StoredSecrets()


def warnings(caplog):
    return [record.message for record in caplog.records if "seed_service_user" in record.message]


def test_a_hash_of_an_earlier_version_is_refused_and_warned_of_once(own, caplog):
    user = User(username="tester", is_service_user=True, password="pbkdf2_sha256$1$salt$hash")
    user.save()
    for _ in range(3):
        own.forget()
        assert own.user_with("tester", SECRET) is None
    assert len(warnings(caplog)) == 1


def test_a_stored_null_lets_nobody_in(own):
    User.objects.create(username="tester", is_service_user=True)
    connection.database[ACCOUNTS].update_one({"username": "tester"}, {"$set": {"password": None}})
    assert own.user_with("tester", "None") is None


@pytest.mark.parametrize("stored", ["salted_sha256$", "salted_sha256$salt", "salted_sha256$s$h$x"])
def test_a_stored_hash_that_is_not_whole_lets_nobody_in(own, stored):
    User(username="tester", is_service_user=True, password=stored).save()
    assert own.user_with("tester", "") is own.user_with("tester", SECRET) is None


def test_a_missing_service_user_is_warned_of(own, caplog):
    assert own.user_with("tester", SECRET) is None
    assert len(warnings(caplog)) == 1


def test_a_service_user_that_can_log_in_is_no_warning(service_user, own, caplog):
    assert own.user_with("tester", SECRET)
    assert warnings(caplog) == []


def test_no_secret_is_kept(service_user):
    login()
    kept = [vars(stored_secrets), *(vars(user) for user, *_ in stored_secrets._latest.secrets)]
    assert SECRET not in repr(kept)


def test_a_reading_counts_its_age_from_when_it_began(clock):
    reading = Reading(clock.now, [])
    clock.now += 1
    assert (reading.is_older_than(0.9), reading.is_older_than(1)) == (True, False)

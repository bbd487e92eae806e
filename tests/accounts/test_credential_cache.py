"""Verified credentials cost no hash and no round trip, and a change of the user takes effect."""

import datetime
import os
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from django.conf import settings
from django.contrib.auth.hashers import MD5PasswordHasher, make_password
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.authenticator import authenticator, renew_authenticator
from accounts.credentials import Credentials
from accounts.exceptions import Busy, TooManyFailures
from accounts.failures import count_key
from accounts.hashing import NoSlotError
from accounts.models import FailureCount, User
from tests.support.accounts import basic

PASSWORD = settings.SECRETS["service_pwd"].value
RIGHT_HEADER = basic(settings.SERVICE_USER, PASSWORD)
RIGHT = Credentials(settings.SERVICE_USER, PASSWORD)


def status(header=RIGHT_HEADER):
    return APIClient().get("/v1/items?limit=1", HTTP_AUTHORIZATION=header).status_code


def verified():
    return authenticator().cache.verified_user(RIGHT)


@pytest.fixture
def logged_in(service_user, hashes):
    """The service user, verified and read in this process."""
    assert status() == 200
    hashes.clear()
    return User.objects.get()


def elsewhere(username=settings.SERVICE_USER, **changes):
    """Change a user as another process does: without this one's signals."""
    User.objects.filter(username=username).update(**changes)


@pytest.fixture
def no_cache_time(settings):
    settings.AUTH_CACHE_SECONDS = 0
    renew_authenticator()


def test_a_password_is_hashed_once(service_user, hashes):
    assert [status() for _ in range(5)] == [200] * 5
    assert hashes == [PASSWORD]


def test_verified_credentials_ask_the_database_nothing(logged_in, monkeypatch):
    monkeypatch.setattr(User.objects, "filter", lambda **kwargs: pytest.fail("a query"))
    monkeypatch.setattr(type(authenticator()), "verify", lambda *args: pytest.fail("an attempt"))
    assert verified() == logged_in


def test_no_password_is_kept(logged_in):
    cache = authenticator().cache
    held = repr((cache._verified.items(), [vars(user) for user in cache._users.values()]))
    assert PASSWORD not in held


def test_failures_are_not_kept(service_user, hashes):
    assert [status(basic(service_user, "wrong")) for _ in range(3)] == [401] * 3
    assert len(hashes) == 3
    assert not authenticator().cache._verified


def test_cache_is_bounded(logged_in):
    cache = authenticator().cache
    for number in range(2000):
        cache.remember(Credentials(f"user{number}", "p"), "hash")
    for number in range(20):
        cache.remember(RIGHT, f"hash{number}")
    assert len(cache._verified) == 1024
    assert len(cache._verified[RIGHT.username]) == 4
    assert cache.digest(RIGHT, "hash19") in cache._verified[RIGHT.username]


@pytest.mark.parametrize(
    "change",
    [{"is_active": False}, {"password": "md5$a$b"}, {"username": "renamed"}],
    ids=["disabled", "password", "renamed"],
)
def test_a_change_in_this_process_takes_effect_at_once(logged_in, change):
    for name, value in change.items():
        setattr(logged_in, name, value)
    logged_in.save()
    assert status() == 401


def test_a_deleted_user_is_out_at_once(logged_in):
    logged_in.delete()
    assert status() == 401


def test_a_change_elsewhere_takes_effect_when_the_user_is_read_again(logged_in):
    elsewhere(is_active=False)
    assert verified() is not None
    cache = authenticator().cache
    with cache._lock:
        cache._users.expire(cache._users.timer() + settings.AUTH_CACHE_SECONDS)
    assert verified() is None


def test_zero_seconds_read_the_user_every_time(no_cache_time, service_user, hashes):
    assert [status(), status()] == [200, 200]
    assert hashes == [PASSWORD]
    elsewhere(is_active=False)
    assert status() == 401


def test_a_new_password_elsewhere_is_accepted_at_once(logged_in):
    other = User(username="x")
    other.set_password("new-password")
    elsewhere(password=other.password)
    assert status(basic(settings.SERVICE_USER, "new-password")) == 200


def test_a_user_read_before_a_change_is_not_kept_after_it(service_user, monkeypatch):
    cache = authenticator().cache
    first = type(User.objects.all()).first

    def overtaken(queryset):
        user = first(queryset)
        cache.forget_users()
        return user

    monkeypatch.setattr("django.db.models.query.QuerySet.first", overtaken)
    assert cache.read(service_user) is not None
    assert service_user not in cache._users


def wait_for(condition):
    """Wait until a condition holds."""
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


class Gate:
    """A slow hash that waits to be let through, and counts who came."""

    def __init__(self, monkeypatch):
        self.arrived, self.open = threading.Semaphore(0), threading.Event()
        self.passwords = []
        encode = MD5PasswordHasher.encode

        def gated(hasher, password, salt):
            self.passwords.append(password)
            self.arrived.release()
            assert self.open.wait(20)
            return encode(hasher, password, salt)

        monkeypatch.setattr(MD5PasswordHasher, "encode", gated)


@pytest.fixture
def waiting(monkeypatch):
    """Released by each thread that waits for a result."""
    waiting = threading.Semaphore(0)
    result = Future.result

    def counted(future, timeout=None):
        waiting.release()
        return result(future, timeout)

    monkeypatch.setattr(Future, "result", counted)
    return waiting


@pytest.fixture
def gate(service_user, monkeypatch):
    gate = Gate(monkeypatch)
    yield gate
    gate.open.set()


def together(gate, waiting, calls):
    """Run calls in threads; let the hash through once all wait for it; return what they gave."""
    results = []
    threads = [threading.Thread(target=lambda c=call: results.append(c())) for call in calls]
    [thread.start() for thread in threads]
    assert all(waiting.acquire(timeout=20) for _ in threads)
    gate.open.set()
    [thread.join() for thread in threads]
    return results


def test_concurrent_first_requests_wait_for_one_hash(gate, waiting):
    assert together(gate, waiting, [status] * 20) == [200] * 20
    assert gate.passwords == [PASSWORD]


def test_the_same_credentials_from_two_addresses_are_hashed_once(gate, waiting):
    verify = authenticator().verify
    calls = [lambda a=address: verify(RIGHT, a) for address in ("::1", "10.0.0.1")]
    assert together(gate, waiting, calls) == [User.objects.get()] * 2
    assert gate.passwords == [PASSWORD]


def test_the_right_credentials_from_as_many_addresses_as_threads_are_all_served(gate):
    gate.open.set()
    verify = authenticator().verify
    start = threading.Barrier(settings.THREADS)

    def attempt(number):
        start.wait(20)
        return verify(RIGHT, f"10.0.0.{number}")

    with ThreadPoolExecutor(settings.THREADS) as pool:
        assert list(pool.map(attempt, range(settings.THREADS)))


def test_an_address_whose_password_was_wrong_does_not_wait_with_others(gate):
    verify = authenticator().verify
    gate.open.set()
    assert verify(Credentials("somebody", "wrong"), "10.0.0.1") is None
    gate.open.clear()
    room = settings.THREADS // 2
    others = [Credentials(f"user{number}", "wrong") for number in range(room - 1)]
    with ThreadPoolExecutor(room) as pool:
        waiting = [pool.submit(verify, given, "10.0.0.2") for given in (RIGHT, *others)]
        wait_for(lambda: authenticator()._places == 0)
        with pytest.raises(Busy):
            verify(RIGHT, "10.0.0.1")
        gate.open.set()
        assert waiting[0].result()


def test_requests_of_one_address_wait_together_whatever_room_there_is(gate, waiting):
    authenticator()._suspects["127.0.0.1"] = True
    room = settings.THREADS // 2
    with ThreadPoolExecutor() as pool:
        first = pool.submit(status)
        for number in range(room - 1):
            pool.submit(status, basic(f"user{number}", "wrong"))
        wait_for(lambda: authenticator()._places == 0)
        again = pool.submit(status)
        wait_for(lambda: again.done() or waiting._value == room + 1)
        gate.open.set()
        assert (first.result(), again.result()) == (200, 200)


def test_verified_clients_are_served_while_no_password_can_be_hashed(gate, monkeypatch):
    monkeypatch.setattr("accounts.hashing.SLOT_SECONDS", 0.05)
    gate.open.set()
    assert status() == 200
    gate.open.clear()
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(status, basic("a", "taking the slot"))
        gate.arrived.acquire()
        gate.arrived.acquire(timeout=20)
        response = APIClient().get("/v1/items", HTTP_AUTHORIZATION=basic("b", "no slot for this"))
        assert (response.status_code, response["Retry-After"]) == (503, "1")
        assert list(response.json()) == ["detail"]
        assert status() == 200
        gate.open.set()
        assert slow.result() == 401
    assert "no slot for this" not in gate.passwords


def test_threads_that_wait_for_a_hash_are_at_most_half_of_all(gate, monkeypatch):
    monkeypatch.setattr("accounts.hashing.SLOT_SECONDS", 20)
    room = settings.THREADS // 2
    with ThreadPoolExecutor(room) as pool:
        slow = [pool.submit(status, basic(f"user{n}", "wrong")) for n in range(room)]
        wait_for(lambda: authenticator()._places == 0)
        assert status(basic("late", "wrong")) == 503
        gate.open.set()
        assert [answer.result() for answer in slow] == [401] * room


WRONG = Credentials("somebody", "wrong")
MANY = [f"10.0.0.{number}" for number in range(settings.THREADS)]
ONE = ["10.0.0.1"] * settings.THREADS
HALF = settings.THREADS // 2


def threads_held(gate, waiting, addresses, credentials=WRONG):
    """Try credentials from several addresses at once; return how many wait for their hash."""
    while waiting.acquire(blocking=False):
        pass
    gate.open.clear()
    with ThreadPoolExecutor(len(addresses)) as pool:
        answers = [pool.submit(authenticator().verify, credentials, each) for each in addresses]
        wait_for(lambda: waiting._value + sum(map(Future.done, answers)) == len(addresses))
        held = waiting._value
        gate.open.set()
    errors = [answer.exception() for answer in answers]
    assert sum(isinstance(error, Busy) for error in errors) == len(addresses) - held
    return held


@pytest.fixture
def one_client(gate):
    """The service user, verified in this process."""
    gate.open.set()
    assert status() == 200


@pytest.mark.parametrize("addresses", [MANY, ONE], ids=["many addresses", "one address"])
@pytest.mark.parametrize("suspects", [(), MANY], ids=["new", "failed before"])
def test_a_worker_with_clients_keeps_half_of_its_threads_for_them(
    one_client, gate, waiting, addresses, suspects
):
    authenticator()._suspects.update(dict.fromkeys(suspects, True))
    assert threads_held(gate, waiting, addresses) == HALF


@pytest.mark.parametrize("addresses", [MANY, ONE], ids=["many addresses", "one address"])
def test_a_worker_without_clients_lets_all_threads_wait(gate, waiting, addresses):
    assert threads_held(gate, waiting, addresses) == settings.THREADS
    assert authenticator()._places == HALF
    assert not authenticator()._admitted


def hours(number):
    return timezone.now() + datetime.timedelta(hours=number)


@pytest.fixture
def other(gate):
    """An account that no client of this process uses."""
    gate.open.set()
    return User.objects.create_user("other", password="other-password")


@pytest.mark.parametrize("grace", ["former_password_until", "active_until"])
@pytest.mark.parametrize("seconds", [5, 0])
def test_while_a_grace_runs_all_threads_may_wait(gate, other, waiting, settings, grace, seconds):
    settings.AUTH_CACHE_SECONDS = seconds
    renew_authenticator()
    assert status() == 200
    elsewhere("other", **{grace: hours(1)})
    authenticator().cache.forget_users()
    assert threads_held(gate, waiting, MANY) == settings.THREADS


@pytest.mark.parametrize(
    "over",
    [
        {"former_password_until": hours(-1)},
        {"active_until": hours(-1)},
        {"former_password_until": hours(1), "is_active": False},
    ],
    ids=["password", "account", "disabled"],
)
def test_a_grace_that_is_over_is_none(one_client, gate, other, waiting, over):
    elsewhere("other", **over)
    assert threads_held(gate, waiting, MANY) == HALF


def test_whether_a_grace_runs_is_not_asked_for_each_attempt(logged_in, monkeypatch):
    assert not authenticator().cache.expects_others()
    monkeypatch.setattr(User.objects, "filter", lambda *args: pytest.fail("a query"))
    assert not authenticator().cache.expects_others()


@pytest.mark.parametrize(
    "end", [{"password": make_password("new")}, {"is_active": False}], ids=["changed", "disabled"]
)
def test_a_password_that_was_right_waits_like_any_other(one_client, gate, waiting, end):
    elsewhere(**end)
    authenticator().cache.forget_users()
    assert threads_held(gate, waiting, MANY, RIGHT) == HALF


def test_a_grace_that_began_while_they_were_read_is_seen(logged_in, monkeypatch):
    cache = authenticator().cache
    find = User.objects.filter

    def overtaken(*args, **kwargs):
        found = list(find(*args, **kwargs))
        cache.forget_users()
        return found

    monkeypatch.setattr(User.objects, "filter", overtaken)
    cache.graces()
    assert not cache._graces


def test_many_clients_at_once_do_not_push_the_other_password_out(one_client, gate, waiting):
    former = User.objects.get().password
    elsewhere(password=make_password("new"), former_password=former, former_password_until=hours(1))
    authenticator().cache.forget_users()
    new = Credentials(settings.SERVICE_USER, "new")
    assert threads_held(gate, waiting, MANY, new) == settings.THREADS
    assert verified()


@pytest.mark.parametrize("refusal", [Busy, TooManyFailures(timezone.now())])
def test_credentials_that_were_verified_meanwhile_are_not_refused(logged_in, monkeypatch, refusal):
    def refuse(*args):
        raise refusal

    monkeypatch.setattr(authenticator()._attempts, "run", refuse)
    assert authenticator().verify(RIGHT, "10.0.0.1") == logged_in


def test_an_attempt_that_is_refused_gives_its_place_back(service_user, monkeypatch):
    def refuse(*args, **kwargs):
        raise NoSlotError

    monkeypatch.setattr(authenticator()._hashing, "match", refuse)
    with pytest.raises(Busy):
        authenticator().verify(WRONG, "10.0.0.1")
    assert authenticator()._places == HALF
    assert not authenticator()._admitted


def test_attempts_that_wait_together_count_for_the_address_of_each(gate, waiting):
    assert threads_held(gate, waiting, MANY) == settings.THREADS
    for address in MANY:
        assert FailureCount.objects.get(pk=count_key(address)).failures == 1


def test_a_forked_child_begins_with_a_key_and_locks_of_its_own(logged_in):
    reader, writer = os.pipe()
    mine = authenticator().cache
    with mine._lock:
        child = os.fork()
        if child == 0:
            try:
                own = authenticator().cache
                differs = own._keyed.digest() != mine._keyed.digest()
                known = own.knows(User.objects.get(), RIGHT)
                again = authenticator().verify(RIGHT, "::1") is not None
                os.write(writer, b"%d%d%d" % (differs, known, again))
            finally:
                os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    assert os.read(reader, 10) == b"101"
    os.close(reader)


def test_a_hash_below_djangos_default_is_upgraded_at_the_next_success(service_user, settings):
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.ScryptPasswordHasher",
        "django.contrib.auth.hashers.MD5PasswordHasher",
    ]
    assert User.objects.get().password.startswith("md5$")
    assert status() == 200
    assert User.objects.get().password.startswith("scrypt$")
    assert authenticator().cache.knows(User.objects.get(), RIGHT)

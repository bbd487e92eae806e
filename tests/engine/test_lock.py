"""The lock in the database, and what becomes of a holder that loses it."""

import datetime
import os
import threading
from contextlib import ExitStack
from urllib.parse import urlsplit

import pymongo
import pytest
from django.core.management import call_command
from django.db import OperationalError, connection

from djongo_engine.schema import lock
from djongo_engine.schema.lock import LOCKS, LockLostError, database_lock
from tests.support.proxy import proxy_before

REFUSAL = {"ok": 0, "code": 14031, "errmsg": "no space left on device"}


def test_lock_is_held_by_one_at_a_time():
    order = []

    def work():
        with database_lock(connection.database, "test", lambda holder: None):
            order.append("in")
            order.append("out")
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(5)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert order == ["in", "out"] * 5


def test_lock_of_a_holder_that_died_expires(monkeypatch):
    monkeypatch.setattr("djongo_engine.schema.lock.LEASE", datetime.timedelta(seconds=-1))
    holders = []
    with (
        database_lock(connection.database, "test", holders.append),
        database_lock(connection.database, "test", holders.append),
    ):
        pass
    assert holders == []


def test_migrate_waits_for_another_migrate_and_names_it(capsys, monkeypatch):
    monkeypatch.setattr("djongo_engine.schema.lock.RETRY_SECONDS", 0.01)
    entered, leave = threading.Event(), threading.Event()

    def hold():
        with database_lock(connection.database, "migrate", lambda holder: None):
            entered.set()
            leave.wait(10)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    entered.wait(10)
    threading.Timer(0.1, leave.set).start()
    call_command("migrate", verbosity=0)
    holder.join()
    assert "is migrating this database" in capsys.readouterr().out


@pytest.fixture
def proxy():
    with proxy_before(urlsplit(os.environ["MONGO_URL"]).port) as proxy:
        yield proxy


@pytest.fixture
def behind(proxy):
    """The database of the connection, behind the proxy."""
    url = f"mongodb://127.0.0.1:{proxy.port}/?directConnection=true&heartbeatFrequencyMS=500"
    with pymongo.MongoClient(url) as client:
        yield client[connection.database.name]
        proxy.heal()
    connection.database[LOCKS].delete_many({})


@pytest.mark.parametrize("fault", [REFUSAL, "cut"], ids=["refused", "without an answer"])
def test_holder_whose_renewals_are_lost_is_told_that_another_has_the_lock(
    behind, proxy, fault, monkeypatch
):
    monkeypatch.setattr(lock, "LEASE", datetime.timedelta(seconds=0.2))
    monkeypatch.setattr(lock, "RENEW_SECONDS", 0.01)
    with ExitStack() as other:
        with database_lock(behind, "test", lambda holder: None) as still_held:
            proxy.fail(fault)
            other_holds = other.enter_context(
                database_lock(connection.database, "test", lambda holder: None)
            )
            proxy.heal()
            with pytest.raises(LockLostError, match=r"'test'.* run the same command again"):
                still_held()
        # The end of the first one has left it alone.
        other_holds()


def test_holder_does_not_go_on_while_mongodb_does_not_confirm_the_lock(behind, proxy):
    with database_lock(behind, "test", lambda holder: None) as still_held:
        proxy.fail(REFUSAL)
        with pytest.raises(OperationalError, match="no space left"):
            still_held()
        proxy.heal()
        still_held()


class Pauses(list):
    """In place of an event: keeps for how long it was waited for, and is set after some times."""

    def __init__(self, times):
        self.times = times

    def wait(self, seconds):
        self.append(seconds)
        return len(self) == self.times


def test_renewal_that_is_lost_is_tried_again_at_once(behind, proxy):
    locks, pauses = behind[LOCKS], Pauses(3)
    lock._take(locks, "test", "mine")
    proxy.fail(REFUSAL, times=1)
    lock._renew(locks, "test", "mine", pauses)
    assert pauses == [lock.RENEW_SECONDS, lock.RETRY_SECONDS, lock.RENEW_SECONDS]


def test_nobody_renews_a_lock_that_another_has(behind):
    pauses = Pauses(3)
    lock._take(behind[LOCKS], "test", "another")
    lock._renew(behind[LOCKS], "test", "mine", pauses)
    assert pauses == [lock.RENEW_SECONDS]

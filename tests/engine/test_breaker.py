"""The breaker refuses commands while MongoDB does not answer."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import DatabaseError, OperationalError, connection
from pymongo.errors import AutoReconnect, NetworkTimeout, OperationFailure

from djongo_engine import breaker as module
from djongo_engine import errors
from djongo_engine.breaker import Breaker
from djongo_engine.errors import NoAnswer, translate_errors
from tests.support.service import wait_for


class Server:
    """What a trial reads from."""

    def __init__(self):
        self.answers = True
        self.trials = 0

    def read(self):
        self.trials += 1
        if not self.answers:
            raise AutoReconnect("connection closed")


@pytest.fixture
def server():
    return Server()


@pytest.fixture
def breaker(server, monkeypatch):
    breaker = Breaker()
    breaker.arm(server.read, slow_seconds=0.05)
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(errors, "breaker", breaker)
    yield breaker
    server.answers = True
    wait_for(lambda: not breaker.is_open)


def fail(error):
    with pytest.raises(OperationalError), translate_errors():
        raise error


def test_command_without_an_answer_has_the_next_refused(server, breaker):
    server.answers = False
    fail(NetworkTimeout("timed out"))
    with pytest.raises(NoAnswer, match="not asked"), translate_errors():
        pytest.fail("asked")


def test_trial_that_succeeds_closes_it(server, breaker):
    server.answers = False
    fail(NetworkTimeout("timed out"))
    wait_for(lambda: server.trials > 2)
    server.answers = True
    wait_for(lambda: not breaker.is_open)
    with translate_errors():
        pass


def test_thread_can_connect_while_commands_are_refused(server, breaker):
    """Or a trial would be refused as well, and the breaker stay open for ever."""
    server.answers = False
    fail(NetworkTimeout("timed out"))
    with ThreadPoolExecutor() as threads:
        threads.submit(lambda: connection.database).result()


def test_one_line_says_that_it_went_and_one_that_it_is_back(server, breaker, caplog):
    server.answers = False
    for _ in range(3):
        fail(NetworkTimeout("timed out"))
    wait_for(lambda: server.trials > 2)
    server.answers = True
    wait_for(lambda: "again" in caplog.text)
    assert caplog.messages == [
        "MongoDB cannot be read: connection closed",
        "MongoDB can be read again, after 0 s.",
    ]


def test_trials_are_made_one_at_a_time(server, breaker):
    server.answers = False
    for _ in range(5):
        fail(NetworkTimeout("timed out"))
    assert [thread.name for thread in threading.enumerate()].count("breaker") == 1


def test_slow_command_beside_a_server_that_answers_does_not_open_it(server, breaker):
    with translate_errors():
        time.sleep(0.06)
    wait_for(lambda: server.trials)
    assert not breaker.is_open


def test_slow_command_opens_it_when_the_trial_fails(server, breaker):
    server.answers = False
    with translate_errors():
        time.sleep(0.06)
    wait_for(lambda: breaker.is_open)


def test_command_without_an_answer_is_told_of_when_others_get_one(server, breaker, caplog):
    fail(NetworkTimeout("timed out"))
    wait_for(lambda: caplog.messages)
    assert caplog.messages == ["A command got no answer, but MongoDB answers others: timed out"]


def test_command_without_an_answer_is_told_of_although_a_trial_is_under_way(
    server, breaker, caplog
):
    """Each such command takes so long that it causes a trial for that reason before."""
    under_way = threading.Event()
    breaker.arm(under_way.wait, slow_seconds=0.05)
    breaker.suspect()
    fail(NetworkTimeout("timed out"))
    under_way.set()
    wait_for(lambda: caplog.messages)
    assert caplog.messages == ["A command got no answer, but MongoDB answers others: timed out"]


def test_error_that_the_server_answers_with_causes_no_trial(server, breaker):
    fail(OperationFailure("not now", 89))
    assert not (breaker.is_open or server.trials)


def test_internal_error_opens_it_when_the_trial_fails(server, breaker):
    server.answers = False
    with pytest.raises(DatabaseError), translate_errors():
        raise OperationFailure("internal server error", 1)
    wait_for(lambda: breaker.is_open)


def test_trial_that_fails_in_an_unexpected_way_is_made_again(server, breaker):
    def broken():
        server.trials += 1
        if not server.answers:
            raise RuntimeError

    server.answers = False
    breaker.arm(broken, slow_seconds=1)
    fail(NetworkTimeout("timed out"))
    wait_for(lambda: server.trials > 2)
    assert breaker.is_open


def test_process_that_arms_none_sends_everything(monkeypatch):
    monkeypatch.setattr(errors, "breaker", Breaker())
    fail(NetworkTimeout("timed out"))
    with translate_errors():
        pass

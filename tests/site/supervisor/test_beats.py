"""The supervising process knows which workers beat."""

import asyncio
import os
import subprocess
import time

import pytest

from fastapi_mongo_site.supervisor import beats
from fastapi_mongo_site.supervisor.beats import Workers


@pytest.fixture
def ends():
    """The two ends of a channel."""
    inbox, outbox = beats.channel()
    with inbox, outbox:
        yield inbox, outbox


@pytest.fixture
def workers(monkeypatch, ends):
    """Two that are started, of which a missing one is noticed at once."""
    monkeypatch.setattr(beats, "SILENT_SECONDS", 0.2)
    workers = Workers(2, ends[0], lambda pid, text: None)
    workers.start()
    time.sleep(0.2)
    return workers


@pytest.fixture
def hear(workers, ends):
    """Let the supervising process hear the beats of these process ids."""

    async def listen(*pids):
        workers.listen()
        for pid in pids:
            ends[1].send(beats._BEAT.pack(pid))
        await asyncio.sleep(0.01)

    return lambda *pids: asyncio.run(listen(*pids))


@pytest.fixture
def gone():
    """The process id of a process that has ended."""
    ended = subprocess.Popen(["true"])
    ended.wait()
    return ended.pid


def test_nothing_is_missing_before_the_start(ends):
    assert Workers(2, ends[0], lambda pid, text: None).faults() == []


def test_nothing_is_missing_while_all_beat(workers, hear):
    hear(1, 2)
    assert (workers.faults(), workers.beating()) == ([], [1, 2])


def test_one_that_exists_and_is_silent_hangs(workers, hear):
    hear(os.getpid())
    time.sleep(0.3)
    hear(1)
    assert workers.faults() == [f"Worker {os.getpid()} hangs."]


def test_one_that_is_gone_and_not_started_anew_is_named(workers, hear, gone):
    hear(gone)
    time.sleep(0.3)
    hear(1)
    assert workers.faults() == [f"Worker {gone} is gone."]


def test_one_that_was_started_anew_is_forgotten(workers, hear, gone):
    hear(gone)
    time.sleep(0.3)
    hear(1, 2)
    assert workers.faults() == []


def test_one_that_hangs_is_named_and_not_the_one_that_was_replaced(workers, hear, gone):
    hear(os.getpid(), gone)
    time.sleep(0.3)
    hear(1)
    assert workers.faults() == [f"Worker {os.getpid()} hangs."]


def test_one_that_never_beat_is_missing(workers, hear):
    hear(1)
    assert workers.faults() == ["A worker did not start."]


def test_a_worker_goes_on_beating_though_nobody_listened_for_long(monkeypatch, ends):
    monkeypatch.setattr(beats, "BEAT_SECONDS", 0.0001)
    inbox, outbox = ends
    beats.beat(outbox, lambda send: send(b"a text"))
    # More than the socket holds.
    time.sleep(0.2)
    for _ in range(2_000):
        assert inbox.recv(99) == beats._BEAT.pack(os.getpid()) + b"a text"


def test_what_a_worker_says_with_its_beat_is_passed_on(ends):
    said = []
    workers = Workers(1, ends[0], lambda pid, text: said.append((pid, text)))

    async def listen():
        workers.listen()
        ends[1].send(beats._BEAT.pack(7) + b"x" * beats.MAX_TEXT_BYTES)
        await asyncio.sleep(0.01)

    asyncio.run(listen())
    assert said == [(7, b"x" * beats.MAX_TEXT_BYTES)]


def test_a_worker_takes_the_place_of_one_that_is_gone(workers, hear):
    with subprocess.Popen(["sleep", "60"]) as first, subprocess.Popen(["sleep", "60"]) as second:
        hear(first.pid, second.pid)
        assert workers.places() == {first.pid: 1, second.pid: 2}
        first.kill()
        first.wait()
        hear(second.pid, os.getpid())
        assert workers.places() == {second.pid: 2, os.getpid(): 1}
        second.kill()


def test_workers_beyond_their_number_were_started_anew(workers, hear):
    hear(1, 2)
    assert workers.restarts == 0
    hear(2, 3, 4)
    assert workers.restarts == 2

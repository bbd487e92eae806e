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
    workers = Workers(2, ends[0])
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
    assert Workers(2, ends[0]).faults() == []


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
    beats.beat(outbox)
    # More than the socket holds.
    time.sleep(0.2)
    for _ in range(2_000):
        assert beats._BEAT.unpack(inbox.recv(99)) == (os.getpid(),)

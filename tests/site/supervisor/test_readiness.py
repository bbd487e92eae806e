"""What makes a service ready, one thing at a time, against the database of the suite."""

import asyncio
import contextlib
import os
import socket

import pytest

from fastapi_mongo_site import writes
from fastapi_mongo_site.supervisor import beats
from fastapi_mongo_site.supervisor.beats import Workers
from fastapi_mongo_site.supervisor.exchange import Request
from fastapi_mongo_site.supervisor.probes import Probes
from tests.support.ports import free_port


@pytest.fixture
def readiness(monkeypatch):
    """What `/readyz` answers when these things are so."""
    monkeypatch.setattr(writes, "_last", writes.new_code())

    def answer(draining=False, accepts=True, beating=True):
        async def ask():
            workers.listen()
            if beating:
                outbox.send(beats._BEAT.pack(os.getpid()))
            probes.draining = draining
            return (await probes.readyz(Request({}, "127.0.0.1")))[:2]

        inbox, outbox = beats.channel()
        port = free_port()
        workers = Workers(1, inbox, lambda pid, text: None)
        probes = Probes(workers, "127.0.0.1", port)
        server = socket.create_server(("127.0.0.1", port)) if accepts else contextlib.nullcontext()
        with inbox, outbox, server:
            return asyncio.run(ask())

    return answer


def test_it_is_ready_when_all_is_well(readiness):
    assert readiness() == (200, {"status": "ready"})


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"draining": True}, "draining"),
        ({"accepts": False}, "workers"),
        ({"beating": False}, "workers"),
    ],
)
def test_it_is_not_ready_and_says_why_in_a_word(readiness, reason, fault):
    assert readiness(**fault) == (503, {"status": "unavailable", "reason": reason})


def test_a_database_that_refuses_writes_leaves_it_ready(readiness):
    writes.report_refused(14031)
    assert readiness() == (200, {"status": "ready", "writes": "full"})
    writes.report_accepted()
    assert readiness() == (200, {"status": "ready"})

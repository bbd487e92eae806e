"""A command is one write and two reads, and waits as long as it may."""

import os
import socket
import ssl
import time
from functools import partial
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from django.db import connection
from pymongo.errors import NetworkTimeout
from pymongo.network_layer import NetworkingInterface
from pymongo.pool_options import PoolOptions
from pymongo.synchronous import pool

from djongo_engine.client import client_for
from djongo_engine.sockets import POLL_SECONDS, UNBLOCKED_BYTES, Pool, Socket
from tests.support.proxy import proxy_before

PATIENCE = 0.05


@pytest.fixture
def pair():
    """Return a socket of the engine, connected to a plain one, which reads and sends nothing."""
    ours, theirs = socket.socketpair()
    ours.settimeout(PATIENCE)
    with Socket(ours) as ours, theirs:
        yield ours, theirs


def seconds_of(call, *arguments):
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        call(*arguments)
    return time.monotonic() - started


def test_a_command_is_one_write_and_two_reads_without_a_timeout_of_pythons(monkeypatch):
    done = []

    def note(name):
        method = getattr(socket.socket, name)

        def noted(*given):
            # Others belong to pymongo's monitor.
            if isinstance(given[0], Socket):
                done.append(name)
            return method(*given)

        monkeypatch.setattr(socket.socket, name, noted, raising=False)

    connection.ensure_connection()
    ping = partial(connection.database.command, "ping")
    ping()
    for name in ("settimeout", "sendall", "recv_into"):
        note(name)
    ping()
    assert done == ["sendall", "recv_into", "recv_into"]


@pytest.mark.parametrize("timeout", [PATIENCE, POLL_SECONDS])
def test_a_read_waits_for_its_timeout(pair, timeout):
    ours, _ = pair
    ours.settimeout(timeout)
    assert timeout <= seconds_of(ours.recv_into, bytearray(16)) + 0.01 < timeout + 0.4


def test_what_has_come_is_read_at_once_though_the_time_is_up(pair):
    ours, theirs = pair
    theirs.sendall(b"answer")
    ours.settimeout(0)
    buffer = bytearray(6)
    assert (ours.recv_into(buffer), bytes(buffer)) == (6, b"answer")


def test_a_read_waits_again_after_one_that_timed_out(pair):
    ours, theirs = pair
    seconds_of(ours.recv_into, bytearray(16))
    theirs.sendall(b"late")
    ours.settimeout(POLL_SECONDS)
    assert ours.recv_into(bytearray(16)) == 4


def test_a_large_write_waits_for_its_timeout(pair):
    ours, _ = pair
    assert seconds_of(ours.sendall, bytes(16 * 2**20)) < PATIENCE + 0.4


def test_small_writes_that_nobody_takes_end_too(pair):
    ours, _ = pair
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        while True:
            ours.sendall(bytes(UNBLOCKED_BYTES))
    assert time.monotonic() - started < POLL_SECONDS + 1


def test_a_server_that_is_silent_ends_a_command_in_its_time():
    with proxy_before(urlsplit(os.environ["MONGO_URL"]).port) as proxy:
        url = f"mongodb://127.0.0.1:{proxy.port}/?retryReads=false"
        client = client_for({"host": url, "socketTimeoutMS": 700})
        client.admin.command("ping")
        proxy.fail("freeze")
        started = time.monotonic()
        with pytest.raises(NetworkTimeout):
            client.admin.command("ping")
        assert 0.7 <= time.monotonic() - started < 1.2


def with_tls(plain):
    return ssl.create_default_context().wrap_socket(
        with_timeout(plain), server_hostname="localhost", do_handshake_on_connect=False
    )


def without_timeout(plain):
    plain.settimeout(None)
    return plain


def with_timeout(plain):
    plain.settimeout(PATIENCE)
    return plain


@pytest.mark.parametrize(
    ("prepare", "is_sdam", "replaced"),
    [
        (with_timeout, False, True),
        # What pymongo's monitor waits for comes once in ten seconds.
        (with_timeout, True, False),
        (without_timeout, False, False),
        (with_tls, False, False),
    ],
)
def test_sockets_of_commands_alone_are_replaced(monkeypatch, prepare, is_sdam, replaced):
    ours, theirs = socket.socketpair()
    with prepare(ours) as connected, theirs:
        interface = NetworkingInterface(connected)
        monkeypatch.setattr(
            pool.Pool, "connect", lambda self, handler: SimpleNamespace(conn=interface)
        )
        made = Pool(("localhost", 27017), PoolOptions(), is_sdam=is_sdam).connect()
        assert isinstance(made.conn.conn, Socket) is replaced
        made.conn.conn.close()

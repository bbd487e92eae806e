"""Exports on the wire: broken transfers, readers that stall, a MongoDB that dies midway.

These tests start a MongoDB of their own, whatever MONGO_URL is, and a service in front of it.
"""

import http.client
import os
import signal
import socket
import threading
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path

import pymongo
import pytest
from django.conf import settings

from tests.support.accounts import basic
from tests.support.service import Service

AUTHORIZATION = {"Authorization": basic("tester", settings.SECRETS["service_pwd"].value)}
THREADS = 4
ITEMS = 1200  # more than a batch from MongoDB
NAME = "x" * 10_000  # 12 MB in all, more than the sockets' buffers hold


@pytest.fixture(scope="module")
def spool(tmp_path_factory):
    """Where the service writes its exports."""
    return tmp_path_factory.mktemp("spool")


@pytest.fixture(scope="module")
def service(mongodb, spool):
    with Service(
        "serve", MONGO_URL=mongodb.url, WORKERS="1", THREADS=str(THREADS), TMPDIR=str(spool)
    ) as running:
        running.wait_until_up()
        items = pymongo.MongoClient(mongodb.url)[settings.MONGO_DB]["items"]
        with items.database.client:
            items.drop_indexes()  # of no use to an export by id, and slow to fill
            items.insert_many({"_id": str(uuid.uuid4()), "name": NAME} for _ in range(ITEMS))
        yield running


def get(service, path):
    """Return the status and the body of an answer, however it ends."""
    request = urllib.request.Request(service.url + path, headers=AUTHORIZATION)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def stalled_reader(service):
    """Ask for an export, and read nothing but its status."""
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    reader.settimeout(30)
    reader.connect(("127.0.0.1", service.port))
    authorization = AUTHORIZATION["Authorization"]
    reader.sendall(
        f"GET /v1/items?format=ndjson HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: {authorization}\r\n\r\n".encode()
    )
    return reader, int(reader.recv(12).split()[1])


def processes(service):
    """The processes of the service; it began a session of its own."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if os.getsid(int(entry.name)) == service.process.pid:
                    yield entry
            except ProcessLookupError:
                continue


def spooled(service, spool):
    """How many bytes of an export lie in temporary files, which have no names."""
    sizes = [0]
    for process in processes(service):
        for descriptor in (process / "fd").iterdir():
            try:
                if str(descriptor.readlink()).startswith(str(spool)):
                    sizes.append(descriptor.stat().st_size)
            except FileNotFoundError:
                continue
    return max(sizes)


def test_readers_that_stall_do_not_starve_other_requests(service):
    readers = [stalled_reader(service) for _ in range(THREADS)]
    assert sorted(status for _, status in readers) == [200, 503, 503, 503]
    assert get(service, "/v1/items?limit=1")[0] == 200
    for reader, _ in readers:
        reader.close()
    deadline = time.monotonic() + 20
    while get(service, "/v1/items?format=csv")[0] == 503:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_head_tells_the_length_and_sends_nothing(service):
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
    for _ in range(2):  # the slot is given back
        connection.request("HEAD", "/v1/items?format=csv", headers=AUTHORIZATION)
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b"")
        assert int(answer.headers["Content-Length"]) > ITEMS * len(NAME)
    connection.close()


def test_whole_export_arrives(service):
    status, body = get(service, "/v1/items?format=csv")
    assert (status, body.count(b"\r\n")) == (200, ITEMS + 1)


def killed_midway(service, mongodb, spool):
    """Kill MongoDB once an export has begun; return the answer."""
    answers = []
    reader = threading.Thread(
        target=lambda: answers.append(get(service, "/v1/items?format=ndjson"))
    )
    reader.start()
    while not spooled(service, spool):
        assert reader.is_alive()
    os.kill(mongodb.process.pid, signal.SIGKILL)
    mongodb.process.wait()
    reader.join()
    mongodb.start()
    return answers[0]


def test_mongodb_that_dies_midway_is_a_503(service, mongodb, spool):
    for _ in range(10):
        status, body = killed_midway(service, mongodb, spool)
        if status == 503:
            return
        # The export was quicker than the kill: then it is whole.
        assert body.count(b"\n") == ITEMS
    pytest.fail("no export was killed midway")


def test_worker_that_dies_midway_is_a_broken_transfer(service):
    request = urllib.request.Request(service.url + "/v1/items?format=csv", headers=AUTHORIZATION)
    with urllib.request.urlopen(request, timeout=30) as answer:
        answer.read(1000)
        for process in processes(service):
            if b"spawn_main" in (process / "cmdline").read_bytes():
                os.kill(int(process.name), signal.SIGKILL)
        with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
            answer.read()
    service.wait_until_up()

"""A MongoDB or a worker that dies during an export.

These tests start a MongoDB of their own, whatever MONGO_URL is, and a service in front of it.
"""

import http.client
import os
import signal
import threading
import urllib.error
import urllib.request
import uuid
from pathlib import Path

import pymongo
import pytest
from django.conf import settings

from tests.support.accounts import AUTHORIZATION
from tests.support.service import Service

ITEMS = 1200  # more than a batch from MongoDB
NAME = "x" * 10_000  # 12 MB in all, more than the sockets' buffers hold

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def spool(tmp_path_factory):
    """Where the service writes its exports."""
    return tmp_path_factory.mktemp("spool")


@pytest.fixture(scope="module")
def service(mongodb, spool):
    with Service("serve", MONGO_URL=mongodb.url, WORKERS="1", TMPDIR=str(spool)) as running:
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
    """Yield each process that holds an export, and how many bytes of it.

    The temporary files of exports have no names.
    """
    for process in processes(service):
        for descriptor in (process / "fd").iterdir():
            try:
                if str(descriptor.readlink()).startswith(str(spool)):
                    yield int(process.name), descriptor.stat().st_size
            except FileNotFoundError:
                continue


def killed_midway(service, mongodb, spool):
    """Kill MongoDB once an export has begun; return the answer."""
    answers = []
    reader = threading.Thread(
        target=lambda: answers.append(get(service, "/v1/items?format=ndjson"))
    )
    reader.start()
    while not any(size for _, size in spooled(service, spool)):
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


def test_worker_that_dies_midway_is_a_broken_transfer(service, spool):
    request = urllib.request.Request(service.url + "/v1/items?format=csv", headers=AUTHORIZATION)
    with urllib.request.urlopen(request, timeout=30) as answer:
        answer.read(1000)
        for worker, _ in list(spooled(service, spool)):
            os.kill(worker, signal.SIGKILL)
        with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
            answer.read()
    service.wait_until_up()

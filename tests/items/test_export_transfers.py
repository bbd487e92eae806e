"""Exports on the wire: readers that stall, HEAD, a whole file."""

import http.client
import socket
import uuid

import pytest

from tests.support.accounts import AUTHORIZATION
from tests.support.servers import THREADS
from tests.support.service import wait_for

ITEMS = 1200  # more than a batch from MongoDB
NAME = "x" * 10_000  # 12 MB in all, more than the sockets' buffers hold


@pytest.fixture(scope="module", autouse=True)
def items(service, service_database):
    """Fills the service with items, for the time of this module."""
    items = service_database["items"]
    items.delete_many({})
    # An export by id has no use for the indexes, and the long names are slow to enter.
    indexes = [index for index in items.list_indexes() if index["name"] != "_id_"]
    items.drop_indexes()
    items.insert_many({"_id": str(uuid.uuid4()), "name": NAME} for _ in range(ITEMS))
    yield
    items.drop()
    service_database.command("createIndexes", "items", indexes=indexes)


@pytest.fixture
def get(service):
    """Gets or heads a path; returns the answer's status, its headers and its body."""

    def get(path, method="GET"):
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
        connection.request(method, path, headers=AUTHORIZATION)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, answer.headers, body

    return get


def stalled_reader(service):
    """Ask for an export and read nothing but its status; return the socket and the status."""
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


def test_readers_that_stall_do_not_starve_other_requests(service, get):
    readers = [stalled_reader(service) for _ in range(THREADS)]
    assert sorted(status for _, status in readers) == [200, *[503] * (THREADS - 1)]
    assert get("/v1/items?limit=1")[0] == 200
    for reader, _ in readers:
        reader.close()
    wait_for(lambda: get("/v1/items?format=csv")[0] == 200)


def test_head_tells_the_length_and_sends_nothing(get):
    for _ in range(2):  # the slot is given back
        status, headers, body = get("/v1/items?format=csv", "HEAD")
        assert (status, body) == (200, b"")
        assert int(headers["Content-Length"]) > ITEMS * len(NAME)


def test_whole_export_arrives(get):
    status, _, body = get("/v1/items?format=csv")
    assert (status, body.count(b"\r\n")) == (200, ITEMS + 1)

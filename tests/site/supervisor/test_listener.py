"""The listener of the probes answers its routes, and holds against strangers."""

import json
import socket
import threading
import time
from http import HTTPStatus

import pytest

from fastapi_mongo_site.supervisor import exchange
from fastapi_mongo_site.supervisor.exchange import Answer
from fastapi_mongo_site.supervisor.listener import MAX_CONNECTIONS, Listener
from tests.support.ports import free_port


async def fine(request):
    return Answer(HTTPStatus.OK, {"status": "fine"})


async def asked(request):
    content = {"accept": request.headers.get("accept"), "address": request.address}
    return Answer(HTTPStatus.OK, json.dumps(content).encode(), {"Content-Type": "text/x", "X": "y"})


async def broken(request):
    raise RuntimeError("a fault of ours")


@pytest.fixture
def port():
    port = free_port()
    with Listener(
        "127.0.0.1", port, {"/fine": fine, "/asked": asked, "/broken": broken}, lambda: None
    ):
        yield port


def connect(port):
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def read(connection):
    """The status, the headers and the body of an answer, up to the end of the connection."""
    answer = b"".join(iter(lambda: connection.recv(65_536), b"")).decode()
    head, _, body = answer.partition("\r\n\r\n")
    status, *lines = head.split("\r\n")
    return int(status.split()[1]), dict(line.lower().split(": ", 1) for line in lines), body


def ask(port, line, *headers):
    with connect(port) as connection:
        connection.sendall("\r\n".join([line, *headers, "", ""]).encode())
        return read(connection)


def test_a_route_is_answered_in_json_that_nobody_stores(port):
    status, headers, body = ask(port, "GET /fine HTTP/1.1", "Host: localhost")
    assert (status, json.loads(body)) == (200, {"status": "fine"})
    assert (headers["content-type"], headers["cache-control"]) == ("application/json", "no-store")


def test_a_route_sees_headers_and_address_and_may_answer_with_its_own(port):
    lines = "ACCEPT:a", "accept: b ;q=1 ", "Authorization"
    status, headers, body = ask(port, "GET /asked HTTP/1.1", *lines)
    assert (status, headers["content-type"], headers["x"]) == (200, "text/x", "y")
    assert json.loads(body) == {"accept": "a,b ;q=1", "address": "127.0.0.1"}


@pytest.mark.parametrize("host", [[], ["Host: 10.0.0.7:9000"], ["Host: evil.example"]])
def test_any_host_is_answered(port, host):
    assert ask(port, "GET /fine HTTP/1.1", *host)[0] == 200


def test_an_argument_does_not_matter(port):
    assert ask(port, "GET /fine?verbose HTTP/1.0")[0] == 200


def test_head_has_the_length_and_no_body(port):
    status, headers, body = ask(port, "HEAD /fine HTTP/1.1")
    assert (status, headers["content-length"], body) == (200, "18", "")


@pytest.mark.parametrize("path", ["/", "/v1/items", "/fine/", "/health", "/fine%00"])
def test_no_other_path_is_served(port, path):
    status, _, body = ask(port, f"GET {path} HTTP/1.1")
    assert (status, json.loads(body)) == (404, {"detail": "Not Found."})


def test_no_other_method_is_served(port):
    status, headers, _ = ask(port, "POST /fine HTTP/1.1", "Content-Length: 0")
    assert (status, headers["allow"]) == (405, "get, head")


@pytest.mark.parametrize(
    "line",
    ["GET /fine", "GET /fine HTTP/2.0", "PRI * HTTP/2.0", "\x16\x03\x01", "GET http://[ HTTP/1.1"],
)
def test_what_is_no_http_1_is_a_400(port, line):
    assert ask(port, line)[0] == 400


def test_a_header_with_another_line_in_it_is_a_400(port):
    assert ask(port, "GET /fine HTTP/1.1", "Accept: a\nb")[0] == 400


def test_a_long_head_is_a_431(port):
    with connect(port) as connection:
        connection.sendall(b"GET /fine HTTP/1.1\r\nX: " + b"x" * 2 * exchange.MAX_HEAD_BYTES)
        assert connection.recv(12) == b"HTTP/1.1 431"


def test_a_fault_of_ours_is_a_500_that_shows_nothing(port, caplog):
    status, _, body = ask(port, "GET /broken HTTP/1.1")
    assert (status, json.loads(body)) == (500, {"detail": "Internal Server Error."})
    assert "a fault of ours" in caplog.text


@pytest.mark.parametrize("sent", [b"", b"GET /fine HTTP/1.1\r\nHos"])
def test_a_client_that_falls_silent_is_let_go(monkeypatch, port, sent):
    monkeypatch.setattr(exchange, "CLIENT_SECONDS", 0.2)
    with connect(port) as connection:
        connection.sendall(sent)
        assert connection.recv(1) == b""


def test_silent_clients_in_any_number_keep_nobody_out(port):
    threads = threading.active_count()
    silent = [connect(port) for _ in range(2 * MAX_CONNECTIONS)]
    try:
        started = time.monotonic()
        assert ask(port, "GET /fine HTTP/1.1")[0] == 200
        assert time.monotonic() - started < 1
        # Those of other tests may end meanwhile.
        assert threading.active_count() <= threads
    finally:
        for connection in silent:
            connection.close()


def test_a_client_that_goes_away_leaves_no_line_in_the_log(port, caplog):
    for sent in (b"", b"GET", b"GET /fine HTTP/1.1\r\n\r\n"):
        with connect(port) as connection:
            connection.sendall(sent)
    assert ask(port, "GET /fine HTTP/1.1")[0] == 200
    assert caplog.text == ""


def test_the_end_cuts_off_whoever_waits_and_logs_nothing(caplog):
    port = free_port()
    with Listener("127.0.0.1", port, {"/fine": fine}, lambda: None):
        waiting = connect(port)
        assert ask(port, "GET /fine HTTP/1.1")[0] == 200
    with waiting, pytest.raises(OSError, match="refused"):
        connect(port)
    assert caplog.text == ""


def test_an_address_in_use_is_an_error(port):
    with pytest.raises(OSError, match="in use"), Listener("127.0.0.1", port, {}, lambda: None):
        pass

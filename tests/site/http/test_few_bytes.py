"""Few bytes of a stranger that cost a service much, or stop it."""

import re
import struct
import time

import pytest

from fastapi_mongo_site.http.request import MAX_PARSED_CHARACTERS
from tests.support.wire import CREDENTIALS, JSON, connections, exchange, head, received

BUNDLE = "/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js"
AT_ONCE = 1.0


def seconds_of(call):
    started = time.monotonic()
    call()
    return time.monotonic() - started


@pytest.fixture(autouse=True)
def others_are_served(service):
    """Whatever a test sends, another client has its answer at once afterwards."""
    yield
    assert seconds_of(lambda: exchange(service, [], method="GET", path="/")) < AT_ONCE


@pytest.mark.parametrize("name", ["Accept", "Content-Type"])
@pytest.mark.parametrize("path", ["/", "/v1/items", "/nowhere"])
def test_long_value_that_would_be_parsed_is_refused_at_once(service, name, path):
    # An error would be of this type, if the header were parsed.
    value = 'application/problem+json, a/b;x="' + ";" * 30_000

    def ask():
        status, text = exchange(
            service, [f"{name}: {value}"], method="GET", path=path, content_type=None
        )
        assert (status, f"The {name} header is longer than" in text) == (431, True)
        assert "content-security-policy" in text

    assert seconds_of(ask) < AT_ONCE


def test_long_values_that_are_sent_in_parts_are_refused(service):
    parts = [f"Accept: a/b;x={'y' * 500}"] * 3
    assert exchange(service, parts, method="GET", path="/")[0] == 431


@pytest.mark.parametrize("name", ["Accept", "Content-Type"])
def test_value_of_the_length_that_is_allowed_is_taken(service, name):
    value = f"{JSON};x=".ljust(MAX_PARSED_CHARACTERS, "y")
    answer = exchange(service, [f"{name}: {value}"], method="GET", path="/", content_type=None)
    assert answer[0] == 200


def test_head_of_30_kib_is_taken_and_of_64_kib_refused(service):
    def status(size):
        return exchange(service, [f"X: {'x' * size}"], method="GET", path="/")[0]

    assert (status(30 * 1024), status(64 * 1024)) == (200, 431)


def test_object_with_twenty_thousand_keys_and_one_twice_is_refused_at_once(service):
    keys = [f'"{number}":0' for number in range(20_000)]
    body = ("{" + ",".join([*keys, keys[-1]]) + "}").encode()

    def ask():
        status, text = exchange(service, [f"Content-Length: {len(body)}"], body)
        assert (status, "19999" in text) == (400, True)

    assert seconds_of(ask) < AT_ONCE


PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
# RFC 9113 section 6.5: SETTINGS_INITIAL_WINDOW_SIZE (4) is 0, so that no answer may be sent.
NO_WINDOW = b"\0\0\x06\x04\0\0\0\0\0" + struct.pack(">HI", 4, 0)


def test_http_2_is_not_spoken(service):
    with connections(service, PREFACE + NO_WINDOW, number=1) as [connection]:
        answer = received(connection)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 4")


@pytest.mark.parametrize("path", [BUNDLE, "/docs", "/openapi.json", "/v1/items"])
def test_clients_that_read_nothing_hold_up_nobody(service, path):
    with connections(service, head(CREDENTIALS, path=path)):
        time.sleep(0.5)
        assert seconds_of(lambda: exchange(service, [], method="GET", path="/")) < AT_ONCE


@pytest.mark.parametrize(
    "sent", [b"", head()[:-2], b"\x16\x03\x01"], ids=["silence", "half", "TLS"]
)
def test_clients_that_ask_for_nothing_hold_up_nobody(service, sent):
    with connections(service, sent):
        assert seconds_of(lambda: exchange(service, [], method="GET", path="/")) < AT_ONCE


@pytest.mark.parametrize("path", ["/", "/docs", "/v1/items", "/v1/items/bulk", "/nowhere"])
def test_bodies_that_do_not_come_hold_up_nobody_without_credentials(service, path):
    length = "Content-Length: 1000"
    with connections(service, head(length, f"Content-Type: {JSON}", method="POST", path=path)):
        assert seconds_of(lambda: exchange(service, [], method="GET", path="/")) < AT_ONCE


@pytest.mark.long
@pytest.mark.parametrize("sent", [b"", head()[:-2], head()], ids=["silence", "half", "kept alive"])
def test_connection_that_asks_for_nothing_is_ended(service, sent):
    with connections(service, sent, number=1) as [connection]:
        connection.settimeout(40)
        received(connection)


def static(service, *headers, method="GET"):
    return exchange(service, headers, method=method, path=BUNDLE, content_type=None)


def test_static_file_is_one_piece_with_its_length(service):
    status, text = static(service)
    headers, _, body = text.partition("\r\n\r\n")
    assert (status, "transfer-encoding" in headers) == (200, False)
    assert f"content-length: {len(body.encode())}" in headers


def test_static_file_has_a_head_and_parts_and_may_be_known(service):
    status, text = static(service, method="HEAD")
    assert (status, text.partition("\r\n\r\n")[2]) == (200, "")
    etag = re.search('etag: (".+")', text)[1]
    status, text = static(service, f"If-None-Match: {etag}")
    assert (status, text.partition("\r\n\r\n")[2]) == (304, "")
    status, text = static(service, "Range: bytes=0-9")
    assert (status, len(text.partition("\r\n\r\n")[2])) == (206, 10)


def test_source_maps_which_are_the_largest_files_are_not_served(client):
    assert client.get(f"{BUNDLE}.map").status_code == 404

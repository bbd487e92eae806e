"""Requests on the wire that no HTTP library sends."""

import uuid

import pytest

from tests.support.wire import JSON, body_with, chunks, exchange

CHUNKED = ["Transfer-Encoding: chunked"]
BODY = body_with().encode()


@pytest.mark.parametrize("body", [BODY, BODY.replace(b"Hammer", b"\\u0041" * 50)])
def test_chunked_body_is_read(service, body):
    assert exchange(service, CHUNKED, chunks(body))[0] == 201


@pytest.mark.parametrize("head", [CHUNKED, [*CHUNKED, "Content-Length: 3"]])
def test_chunked_body_decides_whether_put_replaces(service, head):
    path = f"/v1/items/{uuid.uuid4()}"
    assert exchange(service, head, chunks(BODY), method="PUT", path=path)[0] == 404
    status, text = exchange(service, CHUNKED, chunks(b""), method="PUT", path=path)
    assert (status, "No query values provided in update URL" in text) == (400, True)


def test_chunked_body_that_breaks_off_is_no_item(service):
    assert exchange(service, CHUNKED, chunks(BODY)[:60], end=True)[0] == 400


@pytest.mark.parametrize("head", [CHUNKED, ["Content-Length: 10000000"]])
def test_body_over_the_limit_is_413_to_a_client_that_sends_all_of_it_first(service, head):
    body = b" " * 10_000_000
    status, text = exchange(service, head, chunks(body, 2**20) if head is CHUNKED else body)
    assert (status, '{"detail":"The body is larger than' in text) == (413, True)


def test_body_over_the_limit_is_413_before_it_is_sent(service):
    head = ["Content-Length: 10000000000", "Expect: 100-continue"]
    assert exchange(service, head)[0] == 413


def test_expect_100_continue(service):
    head = [f"Content-Length: {len(BODY)}", "Expect: 100-continue"]
    assert exchange(service, head, BODY)[0] == 201


def test_body_shorter_than_its_length_is_refused(service):
    status, text = exchange(service, [f"Content-Length: {len(BODY) + 1}"], BODY, end=True)
    assert (status, "shorter" in text) == (400, True)


BROKEN_PARAMETERS = ["a*=bogus''x", "charset*=bogus''u", "x*0*=bogus''a", "x*1*=u''a; x*0=b"]


@pytest.mark.parametrize("parameters", BROKEN_PARAMETERS)
@pytest.mark.parametrize("path", ["/v1/items/none", "/nope"])
def test_accept_header_with_broken_parameters_is_answered_in_json(service, path, parameters):
    status, text = exchange(service, [f"Accept: {JSON}; {parameters}"], method="GET", path=path)
    assert (status, f"content-type: {JSON}\r\n" in text) == (404, True)


@pytest.mark.parametrize("parameters", BROKEN_PARAMETERS)
def test_content_type_with_broken_parameters_is_shown_in_a_415(service, parameters):
    head = [f"Content-Type: {JSON}; {parameters}", f"Content-Length: {len(BODY)}"]
    status, text = exchange(service, head, BODY, content_type=None)
    assert (status, parameters.split(";")[0] in text) == (415, True)


@pytest.mark.parametrize("length", [len(BODY) + 9, 9_999_999])
def test_a_body_that_ends_early_is_a_4xx_in_a_page_too(service, length):
    head = [f"Content-Length: {length}", "Accept: text/html"]
    status, text = exchange(service, head, BODY, end=True)
    assert (status in (400, 413), "<h1>" in text) == (True, True)


@pytest.mark.parametrize("type_", [f"{JSON}; a*=bogus''x", f"{JSON}; charset=base64"])
@pytest.mark.parametrize(("path", "status"), [("/health", 200), ("/v1/items?limit=1", 200)])
def test_content_type_of_no_body_does_not_matter(service, type_, path, status):
    head = [f"Content-Type: {type_}"]
    assert exchange(service, head, method="GET", path=path, content_type=None)[0] == status


@pytest.mark.parametrize(
    "head",
    [
        ["Content-Length: -5"],
        ["Content-Length: x"],
        ["Content-Length: 5", "Content-Length: 6"],
        ["Content-Length: 99999999999999999999999"],
        ["X: a\0b"],
        [": x"],
        ["Host: other"],
        [f"X-{number}: 1" for number in range(200)],
        ["X: " + "x" * 500_000],
    ],
    ids=lambda head: head[0][:30],
)
def test_head_that_is_no_http_is_a_4xx(service, head):
    status, _ = exchange(service, head, BODY)
    assert 400 <= status < 500


@pytest.mark.parametrize(
    "path",
    [
        "/v1/items/%ff",
        "/v1/items/\xff",
        "/v1/items?a=\xff",
        "/v1/items?name=%ff",
        "//v1/items",
        "//docs/",
        "//example.com/docs/",
        "/v1/items/..%2f",
        "/v1/items/%2e%2e/x",
        "*",
        "v1/items",
        "/v1/items?" + "x" * 70_000,
        "/" + "x" * 70_000,
    ],
    ids=lambda path: repr(path[:24]),
)
def test_target_that_leads_nowhere_is_a_4xx(service, path):
    status, _ = exchange(service, [], method="GET", path=path)
    assert 400 <= status < 500


# What the server hides, as SECURITY.md says. Where one of these fails, the server has changed, and
# the service can refuse such a request.


def test_server_gives_a_chunked_body_that_breaks_off_like_a_whole_one(service):
    assert exchange(service, CHUNKED, chunks(BODY)[: -len(b"0\r\n\r\n")], end=True)[0] == 201


@pytest.mark.parametrize(
    "headers", [["X_Request_ID: other"], ["X-Request-ID: own", "X_Request_ID: other"]]
)
def test_server_takes_a_name_with_underscores_for_one_with_hyphens(service, headers):
    _, text = exchange(service, headers, method="GET", path="/")
    assert "x-request-id: other\r\n" in text

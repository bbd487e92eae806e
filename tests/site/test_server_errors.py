"""An error that MongoDB answers with is a 503 when it passes, and only then."""

import uuid

import pytest

from djongo_engine.server_errors import UNAVAILABLE
from fastapi_mongo_site.writes import WORDS
from tests.support.accounts import AUTHORIZATION
from tests.support.service import wait_for

LONG = pytest.mark.long
ITEM = {"name": "Saw", "category": "tools", "count": 3, "price": 12.5}
REQUESTS = {
    "GET": ("GET", f"/v1/items/{uuid.uuid4()}", None),
    "POST": ("POST", "/v1/items", ITEM),
    "bulk": ("POST", "/v1/items/bulk", [ITEM]),
}
CONCERN = {"ok": 1, "n": 1, "writeConcernError": {"code": 64, "errmsg": "too few servers in time"}}


NOTHING = {"ok": 1, "cursor": {"id": 0, "ns": "api_db.items", "firstBatch": []}}


def readiness(service):
    return service.probe("/readyz")[2]


def error(code, *labels):
    return {"ok": 0, "code": code, "errmsg": "said so", "errorLabels": list(labels)}


def refused(code):
    """Return the answer to an insert that the server refuses for its one row."""
    return {"ok": 1, "n": 0, "writeErrors": [{"index": 0, "code": code, "errmsg": "said so"}]}


@pytest.fixture
def ask(proxied_service, proxy):
    """Return the answer to a request while MongoDB answers with a document."""

    def ask(request, document):
        wait_for(proxied_service.is_healthy)
        proxy.fail(document)
        try:
            return proxied_service.call(*REQUESTS[request], **AUTHORIZATION)
        finally:
            proxy.heal()

    return ask


@pytest.mark.parametrize("code", UNAVAILABLE)
@pytest.mark.parametrize("request_", ["GET", "POST", pytest.param("bulk", marks=LONG)])
def test_error_that_passes_is_a_503(ask, request_, code):
    status, headers, _ = ask(request_, error(code))
    assert (status, headers["Retry-After"]) == (503, "5")


@LONG
@pytest.mark.parametrize("code", UNAVAILABLE)
@pytest.mark.parametrize("request_", ["POST", "bulk"])
def test_row_that_is_refused_for_now_is_a_503(ask, request_, code):
    assert ask(request_, refused(code))[0] == 503


@pytest.mark.parametrize("request_", ["POST", "bulk"])
def test_write_that_too_few_servers_confirm_is_a_503(ask, request_):
    assert ask(request_, CONCERN)[0] == 503


@pytest.mark.parametrize("label", ["RetryableWriteError", "RetryableError"])
@pytest.mark.parametrize("request_", REQUESTS)
def test_error_that_mongodb_calls_retryable_is_a_503(ask, request_, label):
    assert ask(request_, error(99_999, label))[0] == 503


@pytest.mark.parametrize("request_", REQUESTS)
def test_error_that_is_a_fault_stays_a_500(proxied_service, proxy, request_):
    def is_500():
        wait_for(proxied_service.is_healthy)
        proxy.fail(error(1), times=1)
        return proxied_service.call(*REQUESTS[request_], **AUTHORIZATION)[0] == 500

    # On a busy machine the error may come too late, or to a trial of the service's own.
    wait_for(is_500)


def test_internal_errors_are_a_503_once_nothing_can_be_read(proxied_service, proxy):
    """A MongoDB whose disk is full may fail so until somebody starts it again."""
    wait_for(proxied_service.is_healthy)
    proxy.fail(error(1))
    try:
        wait_for(lambda: proxied_service.call(*REQUESTS["GET"], **AUTHORIZATION)[0] == 503)
    finally:
        proxy.heal()


@pytest.mark.parametrize(("code", "word"), WORDS.items())
@pytest.mark.parametrize("answer", [error, refused])
def test_readyz_says_that_writes_are_refused(ask, proxied_service, answer, code, word):
    def says_so():
        assert ask("POST", answer(code))[0] == 503
        was_read = ask("GET", NOTHING)[0] == 404
        return was_read and readiness(proxied_service) == {"status": "ready", "writes": word}

    # While pymongo looks for another primary, a write is a 503 that never reached a server. On a
    # busy machine a read may be one too.
    wait_for(says_so)


def test_readyz_says_that_writes_are_refused_although_a_row_before_failed_for_good(
    ask, proxied_service
):
    rows = refused(11000)["writeErrors"] + refused(14031)["writeErrors"]

    def says_so():
        assert ask("bulk", refused(14031) | {"writeErrors": rows})[0] == 503
        return readiness(proxied_service) == {"status": "ready", "writes": "full"}

    wait_for(says_so)


def test_write_that_is_taken_ends_the_refusal(ask, proxied_service):
    def is_refused():
        ask("POST", error(14031))
        return "writes" in readiness(proxied_service)

    wait_for(is_refused)
    wait_for(lambda: proxied_service.call("POST", "/v1/items", ITEM, **AUTHORIZATION)[0] == 201)
    wait_for(lambda: readiness(proxied_service) == {"status": "ready"})

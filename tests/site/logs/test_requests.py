"""The line of a request."""

import logging

import pytest

from fastapi_mongo_site.http import context
from fastapi_mongo_site.http.context import RequestContext
from fastapi_mongo_site.logs import requests
from fastapi_mongo_site.logs.requests import MAX_PATH_CHARACTERS, log_requests
from items.models import Item
from tests.examples import ID, SHOWN
from tests.support.accounts import SECRET, basic


@pytest.fixture(autouse=True)
def observers(monkeypatch):
    observers = []
    monkeypatch.setattr(context, "observers", observers)
    monkeypatch.setattr(requests, "observers", observers)
    return observers


@pytest.fixture
def lines(written):
    """The lines of requests from here on."""
    log_requests()
    return lambda: [entry for entry in written() if entry["logger"] == "requests"]


def test_line_says_what_was_asked_and_what_came_of_it(auth_client, lines):
    Item.objects.add(SHOWN)
    response = auth_client.get(f"/v1/items/{ID}", HTTP_X_REQUEST_ID="one")
    (line,) = lines()
    assert (
        line.items()
        >= {
            "level": "info",
            "event": "request",
            "method": "GET",
            "route": "/v1/items/<str:id>",
            "path": f"/v1/items/{ID}",
            "status": 200,
            "bytes": len(response.content),
            "client": "127.0.0.1",
            "user": "tester",
            "request_id": "one",
        }.items()
    )
    assert 0 < line["database_ms"] < line["duration_ms"] < 10_000


def test_no_value_of_an_argument_is_in_it(auth_client, lines):
    auth_client.get("/v1/items?search=precious&limit=7")
    assert "precious" not in str(lines())


def test_nothing_of_the_credentials_is_in_it(service_user, client, lines):
    for authorization in (basic(service_user, SECRET), basic(service_user, "wrong-secret")):
        client.get("/v1/items", HTTP_AUTHORIZATION=authorization)
    assert [line["user"] for line in lines()] == [service_user, None]
    assert authorization.split()[1] not in str(lines())
    assert SECRET not in str(lines())


@pytest.mark.parametrize(("proxies", "client_shown"), [(0, "127.0.0.1"), (1, "192.0.2.7")])
def test_client_is_who_the_trusted_proxies_say(client, lines, settings, proxies, client_shown):
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": proxies}
    client.get("/", HTTP_X_FORWARDED_FOR="10.0.0.1, 192.0.2.7")
    assert [line["client"] for line in lines()] == [client_shown]


def test_refused_head_and_an_unknown_path_have_a_line_without_a_route(client, lines):
    client.get("/nowhere", HTTP_ACCEPT="a" * 2_000)
    client.get("/nowhere")
    assert [(line["status"], line["route"]) for line in lines()] == [(431, ""), (404, "")]


@pytest.mark.parametrize("path", ["/health", "/static/fastapi_mongo_site/icon.svg"])
@pytest.mark.parametrize(("which", "number"), [("api", 0), ("all", 1)])
def test_probes_and_static_files_have_one_only_when_all_are_asked_for(
    client, written, settings, path, which, number
):
    settings.LOG_REQUESTS = which
    log_requests()
    client.get(path).getvalue()
    assert len(written()) == number


def test_off_writes_none(client, settings, observers):
    settings.LOG_REQUESTS = "off"
    log_requests()
    assert observers == []


def test_a_level_above_info_writes_none(observers):
    logger = logging.getLogger("requests")
    logger.setLevel("WARNING")
    try:
        log_requests()
    finally:
        logger.setLevel("NOTSET")
    assert observers == []


def test_line_is_short_enough_for_one_write_whatever_was_asked_for(client, lines):
    client.get("/" + "%01" * 5_000, HTTP_X_REQUEST_ID="x" * 64, HTTP_X_FORWARDED_FOR="y" * 5_000)
    (line,) = lines()
    assert line["path"] == "/" + "\x01" * (MAX_PATH_CHARACTERS - 1)


def test_answer_to_an_error_of_ours_has_the_id_and_so_has_every_line(
    auth_client, lines, monkeypatch, caplog
):
    auth_client.raise_request_exception = False
    monkeypatch.setattr(Item.objects, "read", lambda item_id: 1 / 0)
    seen = []

    class Ids(logging.Handler):
        def emit(self, record):
            seen.append(context.origin())

    logging.getLogger("django.request").addHandler(handler := Ids())
    try:
        response = auth_client.get(f"/v1/items/{ID}", HTTP_X_REQUEST_ID="one")
    finally:
        logging.getLogger("django.request").removeHandler(handler)
    assert (response.status_code, response["X-Request-ID"]) == (500, "one")
    assert seen == [{"request_id": "one"}]
    assert [(line["status"], line["request_id"]) for line in lines()] == [(500, "one")]


def test_context_knows_no_user_before_anybody_is_authenticated(rf):
    assert RequestContext(rf.get("/")).user is None

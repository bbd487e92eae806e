"""Each request has an id and a context of its own, and is measured once."""

import re
import time

import pytest
from django.db import DatabaseError, connection
from django.http import HttpResponse
from django.test import RequestFactory

from djongo_engine.errors import translate_errors
from djongo_engine.work import Work, current
from fastapi_mongo_site.http import context
from fastapi_mongo_site.http.context import RequestContextMiddleware, current_request
from tests.examples import ID


@pytest.fixture
def seen(monkeypatch):
    """The contexts that observers are given."""
    seen = []
    monkeypatch.setattr(context, "observers", [seen.append])
    return seen


# The id


def test_a_sane_request_id_is_kept_and_sent_back(client):
    assert client.get("/", HTTP_X_REQUEST_ID="Abc_1.2-3")["X-Request-ID"] == "Abc_1.2-3"


@pytest.mark.parametrize("given", ["", "a b", "a\nb", "é", "x" * 65, "a;b", '"'])
def test_any_other_is_replaced(client, given):
    made = client.get("/", HTTP_X_REQUEST_ID=given)["X-Request-ID"]
    assert re.fullmatch("[0-9a-f]{32}", made)


def test_the_context_is_that_of_the_request_and_of_no_other():
    ids = []

    def answer(request):
        ids.append(current_request().comment)
        return HttpResponse()

    middleware = RequestContextMiddleware(answer)
    assert middleware(RequestFactory().get("/", HTTP_X_REQUEST_ID="one"))["X-Request-ID"] == "one"
    assert (ids, current_request()) == (["one"], None)


# What is measured


@pytest.mark.parametrize(
    ("path", "route", "status"),
    [
        (f"/v1/items/{ID}", "/v1/items/<str:id>", 404),
        ("/v1/items?limit=2", "/v1/items", 200),
        ("/nowhere", "", 404),
        ("/static/fastapi_mongo_site/icon.svg", "", 200),
    ],
)
def test_observers_get_route_status_and_the_bytes_that_are_sent(
    auth_client, seen, path, route, status
):
    response = auth_client.get(path)
    (request,) = seen
    assert (request.route, request.response.status_code) == (route, status)
    assert request.bytes == len(response.getvalue())


def test_observers_get_the_user_of_the_credentials(auth_client, client, seen):
    auth_client.get("/v1/items")
    client.get("/v1/items")
    assert [request.user for request in seen] == ["tester", None]


def test_the_seconds_of_the_database_are_within_those_of_the_request(auth_client, seen):
    for _ in range(2):  # the first reads the accounts, too
        auth_client.get("/v1/items")
    for request in seen:
        assert 0 < request.database_seconds < request.seconds


def test_a_request_without_a_command_took_nothing_of_the_database(client, seen):
    client.get("/")
    assert seen[0].database_seconds == 0


def test_an_error_of_the_database_takes_time_of_the_database(seen):
    token = current.set(work := Work("one"))
    try:
        with pytest.raises(DatabaseError), translate_errors():
            connection.database.command("unknown")
    finally:
        current.reset(token)
    assert work.database_seconds > 0


def test_blocks_within_each_other_count_once():
    token = current.set(work := Work("one"))
    try:
        with translate_errors():
            for _ in range(3):
                with translate_errors():
                    time.sleep(0.01)
    finally:
        current.reset(token)
    assert 0.03 <= work.database_seconds < 0.06

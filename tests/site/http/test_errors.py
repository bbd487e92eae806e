"""Errors have one form everywhere: that of the contract, or of RFC 9457 for who asks for it."""

import json
from http import HTTPStatus

import pytest
from django.core.exceptions import PermissionDenied
from django.test import RequestFactory

from fastapi_mongo_site import views
from fastapi_mongo_site.http.errors import problem_response
from tests.examples import ID

PROBLEM = "application/problem+json"
NO_ITEM = f"/v1/items/{ID}"
# (status, method, path, headers): an error of each part that makes one.
ERRORS = [
    pytest.param(400, "GET", "/v1/items?limit=x", {}, id="argument"),
    pytest.param(400, "GET", "/v1/items/", {}, id="no-argument"),
    pytest.param(400, "POST", "/v1/items", {}, id="body"),
    pytest.param(401, "GET", "/v1/items", {}, id="no-credentials"),
    pytest.param(403, "POST", "/v1/items", {"HTTP_ORIGIN": "http://evil.example"}, id="origin"),
    pytest.param(404, "GET", NO_ITEM, {}, id="no-item"),
    pytest.param(404, "GET", "/nowhere", {}, id="no-path"),
    pytest.param(405, "DELETE", "/v1/items", {}, id="method"),
    pytest.param(405, "POST", "/", {}, id="method-of-start"),
    pytest.param(405, "POST", "/docs", {}, id="method-of-docs"),
    pytest.param(415, "POST", "/v1/items", {"content_type": "text/plain"}, id="media-type"),
    pytest.param(400, "GET", "/", {"HTTP_HOST": "evil.example"}, id="host"),
    pytest.param(400, "GET", "/v1/items?" + "a&" * 2000, {}, id="too-many-arguments"),
]
CASES = pytest.mark.parametrize(("status", "method", "path", "headers"), ERRORS)


def call(client, status, method, path, headers, accept="*/*"):
    if status == 401:
        client.credentials()
    options = {"content_type": "application/json", "HTTP_ACCEPT": accept, **headers}
    return client.generic(method, path, "x", **options)


@CASES
def test_error_has_a_sentence_and_only_the_members_of_the_contract(
    auth_client, status, method, path, headers
):
    response = call(auth_client, status, method, path, headers)
    assert (response.status_code, response["Content-Type"]) == (status, "application/json")
    assert set(response.json()) <= {"detail", "errors"}
    assert response.json()["detail"]


@CASES
@pytest.mark.parametrize("accept", [PROBLEM, f"application/json, {PROBLEM};q=0.1"])
def test_client_that_asks_for_problems_gets_one(auth_client, accept, status, method, path, headers):
    plain = call(auth_client, status, method, path, headers).json()
    response = call(auth_client, status, method, path, headers, accept)
    assert (response.status_code, response["Content-Type"]) == (status, PROBLEM)
    assert "Accept" in response["Vary"]
    members = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    assert response.json() == members | plain


@pytest.mark.parametrize("accept", [f"{PROBLEM};q=0", "application/*", "application/problem", ";"])
def test_other_clients_get_plain_json(client, accept):
    assert client.get("/nowhere", HTTP_ACCEPT=accept)["Content-Type"] == "application/json"


def test_client_that_asks_for_problems_gets_other_answers_as_before(auth_client):
    response = auth_client.get("/v1/items", HTTP_ACCEPT=PROBLEM)
    assert (response["Content-Type"], response.json()) == ("application/json", [])


def test_browser_sees_an_error_in_the_page_of_the_browsable_api(auth_client):
    response = auth_client.get("/v1/items?limit=x", HTTP_ACCEPT="text/html")
    assert (response.status_code, response["Content-Type"]) == (400, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (403, lambda request: views.forbidden(request, PermissionDenied())),
        (500, views.server_error),
    ],
)
def test_errors_that_no_request_causes_today_have_the_same_form(status, answer):
    response = answer(RequestFactory().get("/", HTTP_ACCEPT=PROBLEM))
    assert (response.status_code, json.loads(response.content)["status"]) == (status, status)


def test_middleware_can_answer_in_the_same_form():
    request = RequestFactory().get("/")
    headers = {"Retry-After": "7"}
    response = problem_response(request, 429, "Too many.", {"user": ["Wait."]}, headers)
    assert (response.status_code, response["Retry-After"]) == (429, "7")
    assert json.loads(response.content) == {"detail": "Too many.", "errors": {"user": ["Wait."]}}

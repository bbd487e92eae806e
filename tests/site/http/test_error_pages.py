"""Errors as a browser shows them, and that only a browser gets pages."""

import html

import pytest
from django.core.exceptions import PermissionDenied
from django.test import RequestFactory

from fastapi_mongo_site import views
from fastapi_mongo_site.http.errors import problem_response
from tests.examples import ID
from tests.support.commands import commands

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
PAGE = "text/html; charset=utf-8"
ERRORS = {
    "no credentials": (401, "GET", "/v1/items", {}),
    "no credentials for the stock": (401, "GET", "/stock?below=5", {}),
    "wrong credentials": (401, "GET", "/stock", {"HTTP_AUTHORIZATION": "Basic wrong"}),
    "another origin": (403, "POST", "/stock", {"HTTP_ORIGIN": "http://evil.example"}),
    "no path": (404, "GET", "/nowhere", {}),
    "method of the start": (405, "POST", "/", {}),
    "method of health": (405, "POST", "/health", {}),
    "method of the document": (405, "POST", "/openapi.json", {}),
    "host": (400, "GET", "/", {"HTTP_HOST": "evil.example"}),
}
CASES = pytest.mark.parametrize(
    ("status", "method", "path", "headers"), ERRORS.values(), ids=ERRORS.keys()
)


def ask(client, method, path, headers, accept):
    return client.generic(method, path, **{"HTTP_ACCEPT": accept, **headers})


@CASES
def test_a_browser_gets_a_page_with_the_same_sentence(client, status, method, path, headers):
    sentence = ask(client, method, path, headers, "*/*").json()["detail"]
    answer = ask(client, method, path, headers, BROWSER)
    assert (answer.status_code, answer["Content-Type"]) == (status, PAGE)
    assert sentence in html.unescape(answer.content.decode())
    assert "Accept" in answer["Vary"]


@CASES
@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/json, text/html", ""])
def test_everybody_else_gets_json(client, accept, status, method, path, headers):
    answer = ask(client, method, path, headers, accept)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/json")


@pytest.mark.parametrize("path", ["/stock?below=5", "/v1/items", f"/v1/items/{ID}/adjust"])
def test_a_401_has_a_way_in_that_leads_to_the_same_page(client, path):
    answer = client.get(path, HTTP_ACCEPT=BROWSER)
    assert answer["WWW-Authenticate"].startswith("Basic ")
    assert f'href="{path}">Log in</a>' in answer.content.decode()


def test_a_form_that_was_refused_is_not_sent_again_by_a_link(client):
    page = client.post("/stock", HTTP_ACCEPT=BROWSER).content.decode()
    assert ">Log in<" not in page
    assert 'href="/stock">To the stock' in page


@pytest.mark.parametrize("path", [f"/v1/items/{ID}", "/v1/items/none", f"/stock/{ID}/edit"])
def test_an_item_that_is_missing_is_a_page(auth_client, path):
    answer = auth_client.get(path, HTTP_ACCEPT=BROWSER)
    assert (answer.status_code, answer["Content-Type"]) == (404, PAGE)
    assert b'href="/stock"' in answer.content


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (403, lambda request: views.forbidden(request, PermissionDenied())),
        (500, views.server_error),
        (503, lambda request: problem_response(request, 503, "The database does not answer.")),
    ],
)
def test_a_page_of_an_error_needs_nothing_of_the_database(status, answer):
    with commands("accounts_user") as names:
        response = answer(RequestFactory().get("/", HTTP_ACCEPT=BROWSER))
    assert (response.status_code, response["Content-Type"], names) == (status, PAGE, [])
    assert b"<h1>" in response.content


def test_the_path_in_a_page_is_escaped(client):
    page = client.get('/v1/items?x="><script>', HTTP_ACCEPT=BROWSER).content.decode()
    assert "<script>" not in page

"""The pages that need no credentials: start, health, API documentation."""

import html
import re
import shlex

import pytest
from django.conf import settings

from fastapi_mongo_site import __version__
from tests.examples import ID

OPEN = ["/", "/health", "/openapi.json", "/llms.txt", "/docs", "/redoc"]


def test_start_tells_clients_name_and_version(client):
    response = client.get("/")
    assert response.json() == {"message": f"You are visiting: {settings.NAME} v{__version__}"}


def test_start_is_a_page_for_browsers(client):
    response = client.get("/", HTTP_ACCEPT="text/html,application/xhtml+xml,*/*;q=0.8")
    page = response.content.decode()
    assert response["Content-Type"].startswith("text/html")
    assert all(f'href="{path}"' in page for path in ("/docs", "/redoc", "/v1/items", "/health"))


@pytest.mark.parametrize("path", OPEN)
def test_open_page_answers_whatever_the_credentials(client, path):
    response = client.get(path, HTTP_AUTHORIZATION="Basic wrong")
    assert response.status_code == 200


@pytest.mark.parametrize("path", OPEN)
def test_method_that_an_open_page_does_not_have_is_405(client, path):
    response = client.post(path)
    assert response.status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        *("/nowhere", "/v1", "/v1/", "/admin/", "/static/x.css", "/nowhere/", "/v1/items//"),
        *("/docs//", "/v1/items/../", "/./docs/"),
    ],
)
def test_path_that_leads_nowhere_is_404_in_json(client, path):
    response = client.get(path)
    assert (response.status_code, response.json()) == (404, {"detail": "Not found."})


@pytest.mark.parametrize(
    "path",
    [
        *("/docs", "/redoc", "/health", "/stock", "/stock/new", "/v1/items/bulk"),
        *(f"/v1/items/{ID}", f"/v1/items/{ID}/adjust", "/v1/items/a%3Fb%20%C3%A9"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_slash_at_the_end_leads_to_the_address_without_it(client, method, path):
    answer = client.generic(method, f"{path}/?a=b%20c&d")
    assert (answer.status_code, answer["Location"]) == (308, f"{path}?a=b%20c&d")


def test_list_and_selection_stay_two_resources(auth_client):
    assert auth_client.get("/v1/items").json() == []
    assert "selection" in auth_client.get("/v1/items/?count=1").json()


def test_the_icon_is_where_browsers_ask_for_it(client):
    answer = client.get("/favicon.ico", follow=True)
    answer.close()
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/svg+xml")


def test_start_says_whether_mongodb_answers_and_leads_to_the_stock_first(client):
    page = client.get("/", HTTP_ACCEPT="text/html").content.decode()
    assert "MongoDB answers." in page
    cards = page[page.index('class="cards"') :]
    assert re.findall(r'href="([^"]*)"', cards)[0] == "/stock"


def test_start_shows_no_secret(client):
    page = client.get("/", HTTP_ACCEPT="text/html").content.decode()
    assert settings.SECRETS["service_pwd"].value not in page
    command = re.search(r'<code id="command"[^>]*>([^<]*)<', page)[1]
    url = "http://testserver/v1/items?limit=3"
    assert shlex.split(html.unescape(command)) == ["curl", "-u", settings.SERVICE_USER, url]


def test_health_is_a_page_for_browsers(client):
    answer = client.get("/health", HTTP_ACCEPT="text/html")
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert "MongoDB answers." in answer.content.decode()


@pytest.mark.parametrize("path", OPEN)
@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_options_of_an_open_page_describe_its_view_in_json(client, path, accept):
    answer = client.options(path, HTTP_ACCEPT=accept)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert {"name", "description", "renders", "parses"} == answer.json().keys()


def test_login_leads_back_to_the_documentation(auth_client, client):
    assert auth_client.get("/docs/login")["Location"] == "/docs"
    client.credentials()
    assert client.get("/docs/login").status_code == 401


def test_host_that_is_not_allowed_is_400_in_json(client):
    response = client.get("/", HTTP_HOST="evil.example")
    assert response.status_code == 400
    assert response.json() == {"detail": "The Host header names no host of this service."}


@pytest.mark.parametrize("path", ["/", "/docs", "/redoc"])
def test_page_loads_nothing_from_another_host(client, path):
    page = client.get(path, HTTP_ACCEPT="text/html").content.decode()
    links = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert links
    assert [link for link in links if link.startswith(("http", "//"))] == []
    for link in links:
        response = client.get(link)
        response.close()
        assert response.status_code in (200, 401), link


def test_unknown_host_is_not_logged(client, caplog):
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 400
    assert caplog.messages == []


def test_page_for_programs_names_every_route_of_the_api(client):
    response = client.get("/llms.txt")
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    page = response.content.decode()
    assert page.startswith(f"# {settings.NAME}\n")
    assert all(path in page for path in client.get("/openapi.json").json()["paths"])

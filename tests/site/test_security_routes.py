"""Every route needs credentials unless somebody decided that it is open."""

import re

import pytest
from django.contrib.staticfiles import finders
from django.urls import URLResolver, get_resolver

from tests.examples import ID

OPEN = {"", "health", "openapi.json", "llms.txt", "docs", "redoc"}
# They hold nothing, and lead to another address.
LEADING = {"favicon.ico", "<path:path>/"}
OPEN_STATIC_FILES = {
    *("django_htmx", "drf_spectacular_sidecar", "fastapi_mongo_site", "health", "items"),
    *("rest_framework", "stock"),
}
METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"]


def routes(resolver, prefix=""):
    """Yield the route of every pattern, of included ones too."""
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, route)
        else:
            yield route


ROUTES = set(routes(get_resolver()))


def test_walk_finds_the_routes():
    assert {"health", "v1/items", "v1/items/<str:id>"} <= ROUTES


@pytest.mark.parametrize("route", sorted(OPEN))
def test_open_route_exists_and_needs_no_credentials(client, route):
    assert client.get(f"/{route}").status_code == 200
    assert route in ROUTES


@pytest.mark.parametrize("route", sorted(ROUTES - OPEN - LEADING))
def test_every_other_route_needs_credentials_for_every_method(client, route):
    path = "/" + re.sub(r"<[^>]+>", ID, route)
    for method in METHODS:
        response = client.generic(method, path)
        assert response.status_code == 401, f"{method} {route}: list it in OPEN, or close it"
        assert response["WWW-Authenticate"].startswith("Basic ")


def test_static_files_are_those_of_known_packages():
    found = {
        path.partition("/")[0] for finder in finders.get_finders() for path, _ in finder.list(None)
    }
    assert found == OPEN_STATIC_FILES

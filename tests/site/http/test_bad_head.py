"""Methods and headers that mean nothing here."""

import pytest

from items.models import Item
from tests.examples import ID, SENT

JSON = "application/json"


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "FOO", "get", "PROPFIND"])
def test_unknown_method_is_405(auth_client, method):
    response = auth_client.generic(method, "/v1/items/" + ID)
    # DRF takes a method in lower case too.
    assert response.status_code == (404 if method == "get" else 405)


@pytest.mark.parametrize("accept", [";;;", "/", "a/b/c;q=x", "\xff/\xfe", "*/*;q=nan", ","])
def test_accept_header_that_means_nothing_is_answered_in_json(auth_client, accept):
    response = auth_client.get("/v1/items", HTTP_ACCEPT=accept)
    assert (response.status_code, response["Content-Type"]) == (200, JSON)


def test_body_in_a_content_coding_is_415(auth_client):
    response = auth_client.post("/v1/items", SENT, HTTP_CONTENT_ENCODING="gzip")
    assert (response.status_code, Item.objects.count()) == (415, 0)
    assert "gzip" in response.json()["detail"]

"""What is remembered of the Accept headers that clients send."""

from fastapi_mongo_site.http import negotiation
from fastapi_mongo_site.http.negotiation import MAX_REMEMBERED_CHARACTERS, MAX_REMEMBERED_HEADERS


def remembered():
    return negotiation._chosen.cache_info().currsize


def test_few_accept_headers_are_remembered_and_no_long_one(client):
    negotiation._chosen.cache_clear()
    client.get("/", HTTP_ACCEPT="a/b;x=".ljust(MAX_REMEMBERED_CHARACTERS + 1, "y"))
    assert remembered() == 0
    for number in range(MAX_REMEMBERED_HEADERS + 9):
        client.get("/", HTTP_ACCEPT=f"a/b{number}")
    assert remembered() == MAX_REMEMBERED_HEADERS

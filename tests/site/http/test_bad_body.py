"""A body at fault is a 4xx that names the fault: never a 5xx, never a silently changed value."""

import json

import pytest
from django.conf import settings

from items.models import Item
from tests.examples import ID, SENT, STORED

JSON = "application/json"


@pytest.fixture
def hammer():
    """An item as the original stores it."""
    Item.objects.mongo_insert_one(dict(STORED))


def stored():
    return [document["name"] for document in Item.objects.mongo_find({})]


def post(client, body, content_type=JSON, **headers):
    return client.generic("POST", "/v1/items", body, content_type=content_type, **headers)


def body_with(**members):
    """An item's JSON with these members as they are written."""
    texts = {name: json.dumps(value) for name, value in SENT.items()} | members
    return "{" + ",".join(f"{json.dumps(name)}:{text}" for name, text in texts.items()) + "}"


@pytest.mark.parametrize("name", ["count", "price"])
@pytest.mark.parametrize("number", ["1e30", "1e1000000", "-1e1000000", "9" * 4000, '"1_0"', '"٣"'])
def test_number_out_of_bounds_or_in_a_string_names_its_field(auth_client, name, number):
    response = post(auth_client, body_with(**{name: number}))
    assert (response.status_code, list(response.json()["errors"])) == (400, [name])
    assert stored() == []


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (body_with(price="1e99999999999999999999"), "1e99999999999999999999"),
        (body_with(price="NaN"), "NaN"),
        (body_with(price="-Infinity"), "-Infinity"),
        (body_with(price="1_0"), "line 1"),
        (body_with(price="+1"), "line 1"),
        (body_with(price="01"), "line 1"),
        (body_with(price=".5"), "line 1"),
        (body_with(name='"a\nb"'), "control character"),
        (body_with(name='["\\ud83d"]'), "surrogate"),
        ('["\\udca9"]', "surrogate"),
        ('{"a":{"b":1,"\\u0062":2}}', '"b"'),
        ("\ufeff" + body_with(), "BOM"),
        (body_with().encode("utf-16"), "UTF-8"),
        (body_with(name='"é"').encode("latin-1"), "UTF-8"),
        ("[" * 2000 + "]" * 2000, ""),
        ('{"name":' * 2000 + "1" + "}" * 2000, ""),
        (body_with(name="[" * 500 + "]" * 500), "name"),
    ],
    ids=lambda value: repr(value[:24]),
)
def test_body_at_fault_is_refused_with_the_reason(auth_client, body, fault):
    response = post(auth_client, body)
    assert response.status_code == 400
    assert fault in response.json()["detail"]
    assert stored() == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", "items"),
        ("put", f"items/{ID}"),
        ("patch", f"items/{ID}"),
        ("post", f"items/{ID}/adjust"),
    ],
)
def test_body_that_is_null_is_refused(auth_client, hammer, method, path):
    response = auth_client.generic(method.upper(), f"/v1/{path}", b"null", content_type=JSON)
    assert response.status_code == 400
    assert response.json()["detail"] == "The body must be a JSON object, not null."


def test_surrogate_pair_is_a_character(auth_client):
    assert post(auth_client, body_with(name='"\\ud83d\\udca9"')).json()["name"] == "💩"


@pytest.mark.parametrize("name", ["non_field_errors", "detail", "$set", "a.b", "", "\u0000", "_id"])
def test_unknown_field_is_named_whatever_its_name(auth_client, name):
    response = post(auth_client, body_with(**{name: "1"}))
    assert (response.status_code, list(response.json()["errors"])) == (400, [name])


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/json",
        "application/jsonx",
        "application/json; charset=latin-1",
        "application/json; charset=utf-16",
        "multipart/form-data",
        "application/x-www-form-urlencoded",
        "a/b/c;;",
        "*/*",
    ],
)
def test_content_type_other_than_json_is_415(auth_client, content_type):
    response = post(auth_client, body_with(), content_type)
    assert (response.status_code, bool(response.json()["detail"])) == (415, True)
    assert stored() == []


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf-8"', "utf8"])
def test_charset_may_be_utf_8(auth_client, charset):
    assert post(auth_client, body_with(), f"{JSON}; charset={charset}").status_code == 201


@pytest.mark.parametrize("accept", [JSON, "text/html"])
@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/items"), ("PUT", f"/v1/items/{ID}")])
def test_body_of_10_mb_is_413(auth_client, hammer, method, path, accept):
    body = body_with(name='"' + "x" * 10_000_000 + '"')
    response = auth_client.generic(method, path, body, content_type=JSON, HTTP_ACCEPT=accept)
    assert response.status_code == 413


def test_body_of_a_thousand_of_the_largest_items_is_within_the_limit():
    largest = {"id": ID, **SENT, "name": "💩" * 100, "price": 999999999.9999}
    assert len(json.dumps([largest] * 1000)) < settings.DATA_UPLOAD_MAX_MEMORY_SIZE

"""Changing items: the contract's POST, PUT, PATCH and DELETE rows."""

import json
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from items.models import Item
from tests.examples import ID, OTHER, STORED
from tests.support.commands import commands


@pytest.fixture
def hammer():
    """An item as the original stores it, with a field that this service does not know."""
    Item.objects.mongo_insert_one({**STORED, "shelf": "B2"})


def document(item_id=ID):
    return Item.objects.mongo_find_one({"_id": item_id})


def send(client, method, path, body):
    return client.generic(method, path, body, content_type="application/json")


# POST


def test_create_answers_201_with_the_item_and_stores_the_originals_form(auth_client):
    response = auth_client.post("/v1/items", OTHER)
    assert response.status_code == 201
    item = response.json()
    assert item == {"id": item["id"], **OTHER}
    assert uuid.UUID(item["id"]).version == 4
    assert document(item["id"]) == {"_id": item["id"], **OTHER}


def test_create_keeps_the_clients_id_in_its_canonical_spelling(auth_client):
    response = auth_client.post("/v1/items", {**OTHER, "id": ID.upper()})
    assert response.json()["id"] == ID


def test_create_refuses_an_id_that_is_taken_in_the_contracts_words(auth_client, hammer):
    response = auth_client.post("/v1/items", {**OTHER, "id": ID})
    assert response.status_code == 409
    namespace = Item.objects.namespace
    assert response.json() == {"detail": f"Item with id='{ID}' already exists in {namespace}"}
    assert document()["name"] == "Hammer"


def test_create_refuses_a_key_that_it_would_not_keep(auth_client):
    response = auth_client.post("/v1/items", OTHER, HTTP_IDEMPOTENCY_KEY="a")
    message = "Not here: with an id made by the client, a repeat is a 409."
    assert response.status_code == 400
    assert response.json()["errors"] == {"Idempotency-Key": [message]}
    assert Item.objects.count() == 0


@pytest.mark.parametrize("price", ["9.99", "0.0001", "999999999.9999", "5", "5.0", "1e3", "0.1"])
def test_price_is_read_back_exactly(auth_client, price):
    body = json.dumps(OTHER).replace("12.5", price)
    item = send(auth_client, "POST", "/v1/items", body).json()
    assert item["price"] == float(price)
    assert auth_client.get(f"/v1/items/{item['id']}").json() == item
    assert type(document(item["id"])["price"]) is float


def test_name_is_never_trimmed(auth_client):
    item = auth_client.post("/v1/items", {**OTHER, "name": " a "}).json()
    assert document(item["id"])["name"] == " a "


BAD_FIELDS = [
    ("name", '""'),
    ("name", "5"),
    ("name", "null"),
    ("name", json.dumps("x" * 101)),
    ("name", '"\\u0000"'),
    ("category", '"food"'),
    ("category", "1"),
    ("category", '["tools"]'),
    ("category", '{"$ne": 1}'),
    ("count", "-1"),
    ("count", "2147483648"),
    ("count", "1.5"),
    ("count", '"3"'),
    ("count", "true"),
    ("count", "1e400"),
    ("price", "0"),
    ("price", "-1"),
    ("price", "1000000000"),
    ("price", "0.00001"),
    ("price", "9.99000000000000000000000000000001"),
    ("price", '"9.99"'),
    ("price", "true"),
    ("price", "1e400"),
    ("price", "1e-400"),
    ("id", '"no-uuid"'),
    ("id", "5"),
    ("id", '"00000000-0000-1000-8000-000000000000"'),
    ("colour", '"red"'),
    ("$where", '"1"'),
    ("a.b", "1"),
]


@pytest.mark.parametrize(("name", "value"), BAD_FIELDS)
def test_create_names_the_field_at_fault(auth_client, name, value):
    others = {key: json.dumps(val) for key, val in OTHER.items() if key != name}
    members = ",".join(f'"{key}":{text}' for key, text in {**others, name: value}.items())
    response = send(auth_client, "POST", "/v1/items", f"{{{members}}}")
    assert response.status_code == 400
    assert list(response.json()["errors"]) == [name]
    assert response.json()["detail"]
    assert Item.objects.count() == 0


def test_create_names_every_field_that_is_missing(auth_client):
    response = auth_client.post("/v1/items", {})
    assert set(response.json()["errors"]) == set(OTHER)


BAD_BODIES = [
    b"",
    b"{",
    b"[]",
    b"5",
    b"null",
    b'{"a":1,"a":2}',
    b"NaN",
    b'{"price":Infinity}',
    b'{"name":"\\ud800"}',
    b'{"\\ud800":1}',
    b"\xff",
    b"\xef\xbb\xbf{}",
    b"[" * 2000,
    b"1" * 5000,
]


@pytest.mark.parametrize("body", BAD_BODIES, ids=lambda body: repr(body[:20]))
def test_body_that_is_no_item_is_a_400_with_a_sentence(auth_client, body):
    response = send(auth_client, "POST", "/v1/items", body)
    assert (response.status_code, bool(response.json()["detail"])) == (400, True)


def test_form_is_no_json(auth_client):
    response = auth_client.generic(
        "POST", "/v1/items", "name=a", content_type="application/x-www-form-urlencoded"
    )
    assert response.status_code == 415


# PUT


def test_put_with_arguments_changes_only_these(auth_client, hammer):
    response = auth_client.put(f"/v1/items/{ID}?count=7")
    assert (response.status_code, response.json()["count"]) == (200, 7)
    assert document() == {**STORED, "count": 7, "shelf": "B2"}


def test_put_with_all_arguments(auth_client, hammer):
    response = auth_client.put(f"/v1/items/{ID}?name=Saw&count=3&price=12.5")
    assert response.json() == {"id": ID, **OTHER, "category": "tools"}


def test_put_without_values_is_refused_in_the_contracts_words(auth_client, hammer):
    response = auth_client.put(f"/v1/items/{ID}")
    assert response.status_code == 400
    assert response.json() == {"detail": "No query values provided in update URL"}


def test_put_with_a_body_replaces_the_item_and_keeps_foreign_fields(auth_client, hammer):
    response = auth_client.put(f"/v1/items/{ID}", OTHER)
    assert (response.status_code, response.json()) == (200, {"id": ID, **OTHER})
    assert document() == {"_id": ID, **OTHER, "shelf": "B2"}


def test_put_takes_back_what_was_read(auth_client, hammer):
    item = auth_client.get(f"/v1/items/{ID}").json()
    assert auth_client.put(f"/v1/items/{ID}", item).json() == item


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"/v1/items/{ID}?count=1", OTHER),
        (f"/v1/items/{ID}", {**OTHER, "id": str(uuid.uuid4())}),
        (f"/v1/items/{ID}", {"name": "Saw"}),
        (f"/v1/items/{ID}?category=tools", None),
        (f"/v1/items/{ID}?count=x", None),
    ],
)
def test_invalid_put_changes_nothing(auth_client, hammer, path, body):
    before = document()
    assert auth_client.put(path, body).status_code == 400
    assert document() == before


@pytest.mark.parametrize("item_id", ["0000aaaa-2eed-410d-881e-ad47487dd228", "no-uuid"])
@pytest.mark.parametrize(
    ("method", "query", "body"),
    [
        ("put", "?count=1", None),
        ("put", "", OTHER),
        ("patch", "", {"count": 1}),
        ("delete", "", None),
    ],
)
def test_change_of_an_unknown_item_is_404_and_creates_nothing(
    auth_client, method, query, body, item_id
):
    response = getattr(auth_client, method)(f"/v1/items/{item_id}{query}", body)
    assert (response.status_code, list(response.json())) == (404, ["detail"])
    assert Item.objects.count() == 0


# PATCH


def test_patch_changes_part_of_the_item(auth_client, hammer):
    response = auth_client.patch(f"/v1/items/{ID}", {"count": 1, "category": "consumables"})
    assert response.json()["count"] == 1
    assert document()["category"] == "consumables"


def test_patch_of_nothing_changes_nothing(auth_client, hammer):
    assert auth_client.patch(f"/v1/items/{ID}", {}).json()["name"] == "Hammer"


def test_patch_names_the_field_at_fault(auth_client, hammer):
    response = auth_client.patch(f"/v1/items/{ID}", {"count": "1"})
    assert list(response.json()["errors"]) == ["count"]


# DELETE


def test_delete_answers_204_without_a_body(auth_client, hammer):
    response = auth_client.delete(f"/v1/items/{ID}")
    assert (response.status_code, response.content, document()) == (204, b"", None)


@pytest.mark.parametrize(
    ("method", "path"), [("post", "/v1/items/"), ("delete", "/v1/items"), ("post", "/v1/items/x")]
)
def test_method_that_a_resource_does_not_have_is_405(auth_client, method, path):
    assert getattr(auth_client, method)(path).status_code == 405


# A change and its answer are one command


@pytest.mark.parametrize(
    ("method", "path", "body", "command"),
    [
        ("PUT", f"/v1/items/{ID}?count=3", None, "findAndModify"),
        ("PUT", f"/v1/items/{ID}", {**OTHER, "count": 3}, "update"),
        ("PATCH", f"/v1/items/{ID}", {"count": 3}, "findAndModify"),
    ],
)
def test_a_change_and_its_answer_are_one_command(auth_client, hammer, method, path, body, command):
    with commands() as seen:
        response = send(auth_client, method, path, json.dumps(body) if body else "")
    assert (response.json()["count"], seen) == (3, [command])


def test_no_client_is_shown_what_another_wrote(hammer):
    def change(count):
        return Item.objects.change(ID, {"count": count})["count"] == count

    with ThreadPoolExecutor(8) as clients:
        assert all(clients.map(change, range(200)))

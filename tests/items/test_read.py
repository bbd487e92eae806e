"""Reading items: the contract's GET rows."""

import html
import re
import uuid

import pytest

from items import lists
from items.models import Item
from tests.examples import ID, STORED
from tests.support.commands import commands
from tests.support.database import store


@pytest.fixture
def hammer():
    """An item as the original stores it."""
    Item.objects.mongo_insert_one(dict(STORED))


def fill(number):
    """Store items as the original does; return their ids in order."""
    ids = sorted(str(uuid.uuid4()) for _ in range(number))
    store([{**STORED, "_id": item_id, "count": n} for n, item_id in enumerate(ids)])
    return ids


def test_list_is_a_bare_array_of_items(auth_client, hammer):
    response = auth_client.get("/v1/items")
    assert response.status_code == 200
    assert response.content == (
        b'[{"id":"%b","name":"Hammer","category":"tools","count":20,"price":9.99}]' % ID.encode()
    )


def test_empty_list(auth_client):
    response = auth_client.get("/v1/items")
    assert (response.json(), "Link" in response) == ([], False)


def test_link_leads_through_all_items_once(auth_client):
    ids = fill(25)
    url, seen = "/v1/items?limit=10", []
    while url:
        response = auth_client.get(url)
        seen += [item["id"] for item in response.json()]
        link = re.fullmatch(r'<(.+)>; rel="next"', response.get("Link", ""))
        url = link and link[1]
    assert seen == ids


def test_page_has_100_items_unless_asked_otherwise(auth_client):
    fill(101)
    assert len(auth_client.get("/v1/items").json()) == 100
    assert len(auth_client.get("/v1/items?limit=1000").json()) == 101


def test_page_is_one_round_trip(auth_client):
    fill(151)
    with commands() as seen:
        auth_client.get("/v1/items?limit=150")
    assert seen == ["find"]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=x", "limit"),
        ("limit=5&limit=6", "limit"),
        ("cursor=%21%21", "cursor"),
        ("cursor=%F0%9F%92%A9", "cursor"),
        ("colour=red", "colour"),
        ("%24where=1", "$where"),
    ],
)
def test_list_names_the_argument_at_fault(auth_client, query, name):
    response = auth_client.get(f"/v1/items?{query}")
    assert response.status_code == 400
    assert list(response.json()["errors"]) == [name]


def test_retrieve(auth_client, hammer):
    response = auth_client.get(f"/v1/items/{ID}")
    assert (response.status_code, response.json()["name"]) == (200, "Hammer")


@pytest.mark.parametrize(
    "spelling",
    [ID.upper(), ID.replace("-", ""), f"{{{ID}}}", f"urn:uuid:{ID}"],
)
def test_id_is_found_in_every_spelling_of_a_uuid(auth_client, hammer, spelling):
    assert auth_client.get(f"/v1/items/{spelling}").json()["id"] == ID


@pytest.mark.parametrize(
    "item_id", ["0000aaaa-2eed-410d-881e-ad47487dd228", "no-uuid", "%24ne", "%FF", "a.b"]
)
def test_unknown_or_malformed_id_is_not_found(auth_client, item_id):
    response = auth_client.get(f"/v1/items/{item_id}")
    assert (response.status_code, list(response.json())) == (404, ["detail"])


def test_query_shows_what_was_asked_and_the_whole_selection(auth_client, hammer):
    fill(150)
    response = auth_client.get("/v1/items/?price=9.99&category=tools")
    assert response.status_code == 200
    assert response.json()["query"] == {
        "name": None,
        "count": None,
        "price": 9.99,
        "category": "tools",
    }
    assert len(response.json()["selection"]) == 151


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("name=Hammer", 1),
        ("name=hAMMER", 1),
        ("name=Hamme", 0),
        ("name=H.*", 0),
        ("count=20", 1),
        ("count=21", 0),
        ("price=9.990", 1),
        ("name=hammer&count=20&price=9.99&category=tools", 1),
        ("name=hammer&category=consumables", 0),
    ],
)
def test_query_matches_every_argument_exactly(auth_client, hammer, query, found):
    assert len(auth_client.get(f"/v1/items/?{query}").json()["selection"]) == found


def test_name_compares_with_accents_and_without_case(auth_client):
    Item.objects.mongo_insert_one({**STORED, "name": "Élan"})
    found = [
        len(auth_client.get("/v1/items/", {"name": name}).json()["selection"])
        for name in ("éLAN", "Elan")
    ]
    assert found == [1, 0]


def test_query_without_arguments_is_refused_in_the_contracts_words(auth_client):
    response = auth_client.get("/v1/items/")
    assert response.status_code == 400
    assert response.json() == {"detail": "No query values provided in query URL"}


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("count=many", "count"),
        ("count=1.5", "count"),
        ("count=%D9%A3", "count"),
        ("count=1_0", "count"),
        ("price=NaN", "price"),
        ("price=1e400", "price"),
        ("price=0", "price"),
        ("category=food", "category"),
        ("name=", "name"),
        ("colour=red", "colour"),
        ("count=1&count=2", "count"),
    ],
)
def test_query_names_the_argument_at_fault(auth_client, query, name):
    response = auth_client.get(f"/v1/items/?{query}")
    assert response.status_code == 400
    assert list(response.json()["errors"]) == [name]


def test_selection_beyond_10000_points_to_the_list(auth_client, monkeypatch):
    assert lists.MAX_SELECTION_ITEMS == 10_000
    monkeypatch.setattr(lists, "MAX_SELECTION_ITEMS", 3)
    fill(3)
    assert auth_client.get("/v1/items/?category=tools").status_code == 200
    fill(1)
    response = auth_client.get("/v1/items/?category=tools")
    assert response.status_code == 400
    assert "GET /v1/items" in response.json()["detail"]


def test_document_that_breaks_the_rules_is_served_as_it_is(auth_client):
    Item.objects.mongo_insert_one({"_id": "odd", "name": 5, "price": -1.0, "colour": "red"})
    (item,) = auth_client.get("/v1/items").json()
    assert item == {"id": "odd", "name": 5, "category": None, "count": None, "price": -1.0}


def test_form_for_a_new_item_does_not_ask_for_an_id(auth_client):
    page = auth_client.get("/v1/items", HTTP_ACCEPT="text/html").content.decode()
    form = html.unescape(page[page.index("<textarea") :].partition("</textarea>")[0])
    assert ('"name"' in form, '"id"' in form) == (True, False)


def test_browser_gets_the_browsable_api(auth_client, hammer):
    response = auth_client.get(f"/v1/items/{ID}", HTTP_ACCEPT="text/html")
    assert response["Content-Type"].startswith("text/html")
    assert "Hammer" in response.content.decode()


@pytest.mark.parametrize("path", ["/v1/items", "/v1/items/?count=20", f"/v1/items/{ID}"])
def test_head_answers_as_get_without_a_body(auth_client, hammer, path):
    response = auth_client.head(path)
    assert (response.status_code, response.content) == (200, b"")

"""Conditional requests (RFC 9110 section 13): nobody overwrites what they have not seen."""

import re

import pytest
from bson import Regex

from items.models import Item
from tests.examples import ID, OTHER, STORED
from tests.support.commands import commands

PATH = f"/v1/items/{ID}"
OLD = '"00000000000000000000000000000000"'


@pytest.fixture
def etag(auth_client):
    """The ETag of an item as the original stores it."""
    Item.objects.mongo_insert_one(dict(STORED))
    return auth_client.get(PATH)["ETag"]


def document():
    return Item.objects.mongo_find_one({"_id": ID})


CHANGES = {
    "put": lambda client, **headers: client.put(PATH, OTHER, **headers),
    "put with arguments": lambda client, **headers: client.put(f"{PATH}?count=3", **headers),
    "patch": lambda client, **headers: client.patch(PATH, {"count": 3}, **headers),
    "delete": lambda client, **headers: client.delete(PATH, **headers),
    "adjust": lambda client, **headers: client.post(f"{PATH}/adjust", {"delta": -3}, **headers),
    "adjust once": lambda client, **headers: client.post(
        f"{PATH}/adjust", {"delta": -3}, HTTP_IDEMPOTENCY_KEY="k", **headers
    ),
}


@pytest.fixture(params=CHANGES)
def change(request, auth_client):
    """Each way to change an item, called with headers."""
    return lambda **headers: CHANGES[request.param](auth_client, **headers)


# The ETag


def test_etag_is_strong_and_stays_while_the_item_does(auth_client, etag):
    assert re.fullmatch('"[0-9a-f]{32}"', etag)
    assert auth_client.get(PATH)["ETag"] == auth_client.head(PATH)["ETag"] == etag


@pytest.mark.parametrize("field", [{"count": 21}, {"name": "hammer"}, {"price": 10}, {"price": ""}])
def test_etag_changes_with_a_change_by_the_original(auth_client, etag, field):
    Item.objects.mongo_update_one({"_id": ID}, {"$set": field})
    assert auth_client.get(PATH)["ETag"] != etag


def test_etag_does_not_depend_on_fields_of_others(auth_client, etag):
    Item.objects.mongo_update_one({"_id": ID}, {"$set": {"shelf": "B2", "adjustments": []}})
    assert auth_client.get(PATH)["ETag"] == etag


@pytest.mark.parametrize(
    "write",
    [
        lambda client: client.put(PATH, OTHER),
        lambda client: client.put(f"{PATH}?price=5", HTTP_IF_MATCH="*"),
        lambda client: client.patch(PATH, {"price": 5}),
        lambda client: client.patch(PATH, {"price": 5}, HTTP_IF_MATCH="*"),
        lambda client: client.post(f"{PATH}/adjust", {"delta": 1}),
        lambda client: client.post(f"{PATH}/adjust", {"delta": 1}, HTTP_IDEMPOTENCY_KEY="k"),
    ],
)
def test_answer_to_a_change_has_the_etag_that_a_read_then_gives(auth_client, etag, write):
    response = write(auth_client)
    read = auth_client.get(PATH)
    assert (response["ETag"], response.json()) == (read["ETag"], read.json())


def test_new_item_has_the_etag_that_a_read_then_gives(auth_client):
    response = auth_client.post("/v1/items", {**OTHER, "price": 12})
    assert response["ETag"] == auth_client.get(f"/v1/items/{response.json()['id']}")["ETag"]


def test_page_for_browsers_is_another_representation_without_an_etag(auth_client, etag):
    response = auth_client.get(PATH, HTTP_ACCEPT="text/html", HTTP_IF_NONE_MATCH=etag)
    assert (response.status_code, "ETag" in response) == (200, False)


# Reads


@pytest.mark.parametrize("form", ["{}", "W/{}", '"x", {}', '{} , W/"a,b"', ", ,{},", "*"])
@pytest.mark.parametrize("method", ["get", "head"])
def test_read_of_a_known_item_is_304_without_a_body(auth_client, etag, method, form):
    response = getattr(auth_client, method)(PATH, HTTP_IF_NONE_MATCH=form.format(etag))
    assert (response.status_code, response.content, response["ETag"]) == (304, b"", etag)
    assert "Accept" in response["Vary"]


def test_read_of_a_changed_item_gives_it(auth_client, etag):
    response = auth_client.get(PATH, HTTP_IF_NONE_MATCH=OLD)
    assert response.json()["name"] == "Hammer"


def test_if_match_comes_before_if_none_match(auth_client, etag):
    response = auth_client.get(PATH, HTTP_IF_MATCH=OLD, HTTP_IF_NONE_MATCH=etag)
    assert response.status_code == 412


def test_condition_on_an_unknown_item_is_404(auth_client, change):
    assert auth_client.get(PATH, HTTP_IF_NONE_MATCH="*").status_code == 404
    assert change(HTTP_IF_MATCH="*").status_code == 404


# Changes


@pytest.mark.parametrize("form", ["{}", "*", '"x",{}'])
def test_change_goes_on_while_the_etag_matches(change, etag, form):
    assert change(HTTP_IF_MATCH=form.format(etag)).status_code in (200, 204)
    assert document() != STORED


@pytest.mark.parametrize("form", [OLD, "W/{}"])
def test_change_of_an_item_that_has_another_etag_is_412(change, etag, form):
    response = change(HTTP_IF_MATCH=form.format(etag))
    assert (response.status_code, list(response.json())) == (412, ["detail"])
    assert document() == STORED


def test_if_none_match_holds_for_changes_too(change, etag):
    assert change(HTTP_IF_NONE_MATCH="*").status_code == 412
    assert change(HTTP_IF_NONE_MATCH=etag).status_code == 412
    assert change(HTTP_IF_NONE_MATCH=OLD).status_code in (200, 204)


@pytest.mark.parametrize("header", ["If-Match", "If-None-Match"])
@pytest.mark.parametrize("value", ["", ",", "abc", '"a" "b"', '"a', "*, *", 'w/"a"', '"\t"'])
def test_malformed_condition_is_400_naming_the_header(auth_client, etag, header, value):
    headers = {header: value}
    answers = [auth_client.get(PATH, headers=headers), auth_client.delete(PATH, headers=headers)]
    assert [answer.status_code for answer in answers] == [400, 400]
    errors = {header: ['Must be "*" or a list of ETags in double quotes.']}
    assert all(answer.json()["errors"] == errors for answer in answers)
    assert document() == STORED


def test_long_condition_is_read_once(auth_client, etag):
    header = ", " * 20_000 + '"a"' + " " * 20_000 + "x"
    assert auth_client.get(PATH, headers={"If-Match": header}).status_code == 400


def test_invalid_request_is_400_whatever_its_condition(auth_client, etag):
    response = auth_client.patch(PATH, {"count": -1}, HTTP_IF_MATCH=OLD)
    assert response.status_code == 400


def test_patch_of_nothing_still_checks_the_condition(auth_client, etag):
    assert auth_client.patch(PATH, {}, HTTP_IF_MATCH=OLD).status_code == 412
    assert auth_client.patch(PATH, {}, HTTP_IF_MATCH=etag).json()["name"] == "Hammer"


def test_conditional_change_is_one_read_and_one_write(auth_client, etag):
    with commands() as seen:
        auth_client.patch(PATH, {"count": 3}, HTTP_IF_MATCH=etag)
    assert seen == ["find", "findAndModify"]


# What happens between the read and the write of a conditional change


@pytest.fixture
def in_between(monkeypatch):
    """Return a function that sets fields just after the next read of an item."""

    def arrange(fields):
        read = Item.objects.read

        def then_set(item_id):
            item = read(item_id)
            monkeypatch.undo()
            Item.objects.mongo_update_one({"_id": item_id}, {"$set": fields})
            return item

        monkeypatch.setattr(Item.objects, "read", then_set)

    return arrange


@pytest.mark.parametrize("field", [{"name": "hammer"}, {"count": 7}, {"count": [20]}, {"price": 1}])
def test_change_in_between_is_not_lost(change, etag, in_between, field):
    in_between(field)
    assert change(HTTP_IF_MATCH=etag).status_code == 412
    assert document() == {**STORED, **field}


def test_change_in_between_of_a_foreign_field_is_kept(auth_client, etag, in_between):
    in_between({"shelf": "B2"})
    assert auth_client.patch(PATH, {"count": 3}, HTTP_IF_MATCH=etag).status_code == 200
    assert document() == {**STORED, "count": 3, "shelf": "B2"}


BROKEN = [None, float("nan"), [1], [[1]], {"a": {"b": 1}}, Regex("^H"), "$price", True, 2**40]


@pytest.mark.parametrize("value", BROKEN, ids=repr)
def test_item_that_breaks_the_rules_can_be_repaired_under_a_condition(auth_client, etag, value):
    Item.objects.mongo_update_one({"_id": ID}, {"$set": {"name": value}, "$unset": {"price": ""}})
    etag = auth_client.get(PATH)["ETag"]
    assert auth_client.put(PATH, OTHER, HTTP_IF_MATCH=etag).status_code == 200
    assert document() == {"_id": ID, **OTHER}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, [None]),
        ([1], [[1]]),
        ([[1]], [[[1]]]),
        ([1], 1),
        (1, [1]),
        (float("nan"), None),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        (Regex("^H"), "Hammer"),
        ("$price", 9.99),
        (True, 1),
    ],
)
def test_change_in_between_of_a_broken_field_is_not_lost(etag, before, after):
    Item.objects.mongo_update_one({"_id": ID}, {"$set": {"name": before}})
    item = Item.objects.read(ID)
    Item.objects.mongo_update_one({"_id": ID}, {"$set": {"name": after}})
    with pytest.raises(Item.DoesNotExist):
        Item.objects.change(ID, {"count": 1}, read=item)

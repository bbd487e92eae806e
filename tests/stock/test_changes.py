"""Changing items on the stock page: one more, one less, a count, a form."""

import pytest

from items.models import Item
from stock.tables import PAGE_ITEMS
from tests.examples import ID
from tests.stock.pages import click, field, fill, form, hammer, link, text

ADJUST, COUNT, EDIT = (f"/stock/{ID}/{name}" for name in ("adjust", "count", "edit"))
FIELDS = {"name": "Hammer", "category": "tools", "count": "20", "price": "9.99"}


def stored():
    return Item.objects.read(ID)


def etag(auth_client):
    """The ETag that the page has for the item."""
    return field(auth_client.get(EDIT), "etag")


# One more, one less


@pytest.mark.parametrize(("delta", "count"), [("1", 21), ("-1", 19)])
def test_a_step_changes_the_count(auth_client, delta, count):
    hammer()
    answer = click(auth_client, ADJUST, {"delta": delta}, **{"Idempotency-Key": "one"})
    assert stored()["count"] == count
    assert f'name="count" value="{count}"' in text(answer)


def test_two_clicks_count_twice_and_one_sent_again_once(auth_client):
    hammer()
    for key in ("one", "two", "two"):
        click(auth_client, ADJUST, {"delta": "1"}, **{"Idempotency-Key": key})
    assert stored()["count"] == 22


def test_a_step_that_is_sent_again_shows_the_count_of_now(auth_client):
    hammer()
    for key in ("one", "two"):
        click(auth_client, ADJUST, {"delta": "1"}, **{"Idempotency-Key": key})
    answer = click(auth_client, ADJUST, {"delta": "1"}, **{"Idempotency-Key": "one"})
    assert 'name="count" value="22"' in text(answer)


def test_there_is_nothing_below_zero(auth_client):
    hammer(count=0)
    answer = click(auth_client, ADJUST, {"delta": "-1"}, **{"Idempotency-Key": "one"})
    assert (answer.status_code, stored()["count"]) == (409, 0)
    assert "There are 0" in text(answer)


def test_without_scripts_a_step_leads_back_to_the_list(auth_client):
    hammer()
    answer = form(auth_client, ADJUST, delta="1", key="k", back="category=tools")
    assert (answer.status_code, stored()["count"]) == (303, 21)
    assert answer["Location"] == f"/stock?category=tools#item-{ID}"


def test_back_leads_nowhere_else(auth_client):
    hammer()
    answer = form(auth_client, ADJUST, delta="1", key="k", back="//elsewhere.example/?x")
    assert answer["Location"].startswith("/stock?")


@pytest.mark.parametrize("back", ["search=" + "x" * 3_000, "a&" * 1_001, "search=" + "ä" * 1_900])
def test_what_is_done_is_no_error_for_the_way_back(auth_client, back):
    hammer()
    answer = form(auth_client, ADJUST, delta="1", key="k", back=back)
    assert (answer.status_code, stored()["count"]) == (303, 21)
    assert answer["Location"] == f"/stock#item-{ID}"


def test_the_longest_list_is_led_back_to(auth_client):
    fill(PAGE_ITEMS + 1, name="\U0001f528" * 100)
    ask = {"search": "\U0001f528" * 100, "category": "tools", "ordering": "-name"}
    shown = link(auth_client.get("/stock", ask), "next").partition("?")[2]
    hammer()
    answer = form(auth_client, ADJUST, delta="1", key="k", back=shown)
    assert answer["Location"] == f"/stock?{shown}#item-{ID}"


@pytest.mark.parametrize(
    "fields",
    [
        {"delta": "2", "key": "k"},
        {"delta": "1"},
        {"key": "k"},
        {"delta": "1", "key": "no\nkey"},
    ],
)
def test_other_steps_and_keys_are_refused(auth_client, fields):
    hammer()
    assert form(auth_client, ADJUST, **fields).status_code == 400
    assert stored()["count"] == 20


@pytest.mark.parametrize("path", [ADJUST, COUNT, EDIT])
def test_an_item_that_is_gone_is_a_404(auth_client, path):
    answer = form(auth_client, path, delta="1", key="k", etag="x", **FIELDS)
    assert answer.status_code == 404
    assert "Somebody has deleted this item." in text(answer)


# Set to


def test_a_count_is_set(auth_client):
    hammer()
    answer = click(auth_client, COUNT, {"count": "7", "etag": etag(auth_client)})
    assert (answer.status_code, stored()["count"]) == (200, 7)


def test_the_second_who_sets_a_count_sees_the_first_and_what_it_typed(auth_client):
    hammer()
    seen = etag(auth_client)
    click(auth_client, COUNT, {"count": "7", "etag": seen})
    answer = click(auth_client, COUNT, {"count": "9", "etag": seen})
    assert (answer.status_code, stored()["count"]) == (412, 7)
    assert "its count is 7 now" in text(answer)
    assert 'name="count" value="9"' in text(answer)
    again = field(answer, "etag")
    assert click(auth_client, COUNT, {"count": "9", "etag": again}).status_code == 200


@pytest.mark.parametrize("count", ["", "x", "-1", "1.5", "99999999999"])
def test_a_count_that_is_none_is_named(auth_client, count):
    hammer()
    answer = click(auth_client, COUNT, {"count": count, "etag": etag(auth_client)})
    assert (answer.status_code, stored()["count"]) == (400, 20)
    assert 'class="problem"' in text(answer)


# The form


def test_a_new_item_is_stored(auth_client):
    answer = form(auth_client, "/stock", **FIELDS)
    assert answer.status_code == 303
    item_id = answer["Location"].partition("#item-")[2]
    assert Item.objects.read(item_id) == {
        "id": item_id,
        "name": "Hammer",
        "category": "tools",
        "count": 20,
        "price": 9.99,
    }


def test_a_form_that_is_sent_twice_stores_one_item(auth_client):
    key = field(auth_client.get("/stock/new"), "key")
    first, second = (form(auth_client, "/stock", **FIELDS, key=key) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert Item.objects.collection.count_documents({}) == 1


def test_a_form_that_is_filled_in_anew_stores_another_item(auth_client):
    for count in ("1", "2"):
        form(auth_client, "/stock", **{**FIELDS, "count": count}, key="one")
    assert Item.objects.collection.count_documents({}) == 2


def test_the_form_keeps_what_was_typed_and_says_what_is_wrong_beside_the_field(auth_client):
    answer = form(auth_client, "/stock", **{**FIELDS, "price": "free", "name": "Säge <1>"})
    page = text(answer)
    assert answer.status_code == 400
    assert 'value="free"' in page
    assert 'id="price-error">A valid number is required.' in page
    assert b"S\xc3\xa4ge &lt;1&gt;" in answer.content


def test_the_edit_form_has_the_item_in_it(auth_client):
    hammer()
    page = text(auth_client.get(EDIT))
    for value in ("Hammer", "20", "9.99"):
        assert f'value="{value}"' in page


def test_an_edit_changes_the_item_and_no_other_field(auth_client):
    hammer(colour="red")
    fields = {**FIELDS, "name": "Mallet", "etag": etag(auth_client)}
    assert form(auth_client, EDIT, **fields).status_code == 303
    document = Item.objects.collection.find_one({"_id": ID})
    assert (document["name"], document["colour"]) == ("Mallet", "red")


def test_the_second_who_edits_sees_what_the_first_changed_and_loses_nothing(auth_client):
    hammer()
    seen = etag(auth_client)
    form(auth_client, EDIT, **{**FIELDS, "count": "3", "etag": seen})
    answer = form(auth_client, EDIT, **{**FIELDS, "name": "Mallet", "etag": seen})
    page = text(answer)
    assert (answer.status_code, stored()["name"]) == (412, "Hammer")
    assert 'value="Mallet"' in page
    assert "It is Hammer now." in page
    assert "It is 3 now." in page
    again = field(answer, "etag")
    answer = form(auth_client, EDIT, **{**FIELDS, "name": "Mallet", "etag": again})
    assert (answer.status_code, stored()["name"]) == (303, "Mallet")


def test_an_empty_body_of_another_type_is_a_form_that_is_left_empty(auth_client):
    answer = auth_client.post("/stock", content_type="application/json")
    assert answer.status_code == 400
    assert "This field is required." in text(answer)


def test_the_page_describes_itself_to_nobody(auth_client):
    assert auth_client.options("/stock").status_code == 405

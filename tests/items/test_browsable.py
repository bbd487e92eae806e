"""The API's pages for people: what they show and lead to, and how they keep what was typed."""

import html
import re

import pytest
from django.urls import resolve

from djongo_engine.errors import TimeLimitExceeded
from items.models import Item
from tests.examples import ID, OTHER, SHOWN, STORED
from tests.support.database import store

BROWSER = {"HTTP_ACCEPT": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def hammer():
    """An item as the original stores it."""
    Item.objects.mongo_insert_one(dict(STORED))


@pytest.fixture
def page(auth_client):
    """Ask as a browser does; return the answer and the text of its page."""

    def ask(path, method="get", body=None, **headers):
        answer = getattr(auth_client, method)(path, body, **BROWSER, **headers)
        assert answer["Content-Type"] == "text/html; charset=utf-8"
        return answer, html.unescape(answer.content.decode())

    return ask


def field(text, name, form="form"):
    """The value of a field of the page."""
    return re.search(rf'id="{form}-{name}" name="{name}" value="([^"]*)"', text)[1]


def error(text, name, form="form"):
    """What the page says beside a field."""
    return re.search(rf'id="{form}-{name}-error">([^<]*)<', text)[1]


def raw(text):
    """What the first form for JSON holds."""
    return re.search(r"<textarea[^>]*>([^<]*)</textarea>", text)[1]


def test_each_item_of_a_list_is_linked(page, hammer):
    assert f'<a href="/v1/items/{ID}">{ID}</a>' in page("/v1/items")[1]


def test_a_name_that_looks_like_an_id_is_text(page):
    store([{**STORED, "name": f"&quot;id&quot;: &quot;{ID}&quot; <b>", "_id": "1"}])
    text = page("/v1/items")[0].content.decode()
    assert "<a href=" not in text[text.index("response-info") :].partition("</pre>")[0]
    assert "<b>&" not in text


def test_a_list_leads_to_its_next_page_and_back_to_the_first(page):
    store([{**STORED, "_id": f"{n:08}-0000-4000-8000-000000000000"} for n in range(3)])
    _, first = page("/v1/items?limit=2&category=tools")
    following = re.search(r'rel="next" href="([^"]*)"', first)[1]
    assert 'rel="first"' not in first
    _, last = page(following)
    assert "00000002-0000" in last
    assert 'rel="first"' in last
    assert 'rel="next" href' not in last


def test_a_filter_keeps_what_was_asked_for(page):
    _, text = page("/v1/items?search=ham&count__gte=5&category=tools")
    assert (field(text, "search", "filter"), field(text, "count__gte", "filter")) == ("ham", "5")
    assert "<option selected>tools</option>" in text


def test_a_filter_says_what_is_wrong_beside_the_field(page):
    answer, text = page("/v1/items?count__lte=many")
    assert (answer.status_code, field(text, "count__lte", "filter")) == (400, "many")
    assert error(text, "count__lte", "filter") == "A valid integer is required."


@pytest.mark.parametrize("path", ["/v1/items", "/v1/items/"])
def test_fields_that_are_left_empty_are_no_arguments(auth_client, path):
    answer = auth_client.get(f"{path}?name=&count=20&price=", **BROWSER)
    assert (answer.status_code, answer["Location"]) == (302, f"{path}?count=20")
    assert auth_client.get(f"{path}?name=&count=20").status_code == 400


def test_the_form_of_an_item_begins_with_the_item(page, hammer):
    _, text = page(f"/v1/items/{ID}")
    assert {name: field(text, name) for name in ("name", "count", "price")} == {
        "name": "Hammer",
        "count": "20",
        "price": "9.99",
    }
    assert "<option selected>tools</option>" in text
    assert '"id": ' in raw(text)


def test_a_change_that_is_refused_keeps_what_was_typed_and_says_why_beside_it(page, hammer):
    answer, text = page(f"/v1/items/{ID}", "put", {**OTHER, "count": "x", "price": -1})
    assert (answer.status_code, field(text, "count"), field(text, "price")) == (400, "x", "-1")
    assert (field(text, "name"), error(text, "count")) == ("Saw", "A valid integer is required.")
    assert error(text, "price").startswith("Must be greater than 0")


def test_a_change_of_one_field_that_is_refused_keeps_the_others_as_they_are(page, hammer):
    _, text = page(f"/v1/items/{ID}", "patch", {"count": "x"})
    assert (field(text, "count"), field(text, "name")) == ("x", "Hammer")
    assert 'value="x" autocomplete="off" data-stored="20"' in text


def test_a_new_item_that_is_refused_keeps_what_was_typed(page):
    answer, text = page("/v1/items", "post", {**OTHER, "price": "3,50"})
    assert (answer.status_code, field(text, "price"), field(text, "name")) == (400, "3,50", "Saw")
    assert error(text, "price") == "A valid number is required."


def test_an_id_that_is_taken_keeps_what_was_typed(page, hammer):
    answer, text = page("/v1/items", "post", {**OTHER, "id": ID})
    assert (answer.status_code, field(text, "name"), field(text, "id")) == (409, "Saw", ID)
    assert "already exists" in text


def test_what_is_no_field_of_the_form_is_named_above(page):
    _, text = page("/v1/items", "post", {**OTHER, "colour": "red"})
    assert "colour: Unknown field." in text


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        ('{"name": ', {}, 400),
        ("[1]", {}, 400),
        ("null", {}, 400),
        ('{"name": "\\ud800"}', {}, 400),
        ('{"name": [1], "count": {}}', {}, 400),
        ("name=Saw", {"content_type": "application/x-www-form-urlencoded"}, 415),
        ("", {"content_type": "text/plain"}, 400),
    ],
)
def test_json_that_is_refused_stays_in_its_form(auth_client, body, headers, status):
    options = {"content_type": "application/json", **BROWSER, **headers}
    answer = auth_client.generic("POST", "/v1/items", body, **options)
    text = html.unescape(answer.content.decode())
    assert answer.status_code == status
    assert raw(text) == body


def test_a_body_that_is_too_large_is_a_413(auth_client, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    assert auth_client.post("/v1/items", OTHER, **BROWSER).status_code == 413


def test_an_argument_that_no_form_has_is_named_above(page, hammer):
    assert "name: Unknown argument." in page(f"/v1/items/{ID}?name=x")[1]


def test_the_forms_of_a_filtered_list_leave_the_filter_out(page):
    _, text = page("/v1/items?search=ham&limit=2")
    assert set(re.findall(r'action="([^"]*)"', text)) == {"/v1/items"}


def test_an_item_leads_to_its_adjustment(page, hammer):
    assert f'href="/v1/items/{ID}/adjust"' in page(f"/v1/items/{ID}")[1]
    answer, text = page(f"/v1/items/{ID}/adjust")
    assert (answer.status_code, field(text, "delta")) == (200, "")


def test_an_adjustment_that_is_refused_keeps_what_was_typed(page, hammer):
    answer, text = page(f"/v1/items/{ID}/adjust", "post", {"delta": -21})
    assert (answer.status_code, field(text, "delta")) == (409, "-21")
    assert "21 could not be taken: 20 in stock." in text


def test_the_list_leads_to_bulk_whose_forms_are_examples_that_can_be_sent(page, auth_client):
    assert 'href="/v1/items/bulk"' in page("/v1/items")[1]
    answer, text = page("/v1/items/bulk")
    forms = re.findall(r'<form [^>]*data-method="(\w+)">[^?]*?<textarea[^>]*>([^<]*)<', text)
    assert (answer.status_code, [method for method, _ in forms]) == (
        200,
        ["POST", "PATCH", "DELETE"],
    )
    for method, example in forms:
        sent = auth_client.generic(method, "/v1/items/bulk", example, "application/json")
        assert sent.status_code == 200


def test_the_selection_shows_its_fields_before_anything_is_asked_for(page):
    answer, text = page("/v1/items/")
    assert (answer.status_code, field(text, "count", "filter")) == (200, "")


def test_a_deleted_item_has_no_forms_any_more(page, hammer):
    _, text = page(f"/v1/items/{ID}", "delete")
    assert "The item is deleted." in text
    assert 'data-method="' not in text


def test_a_stored_item_is_linked(page):
    answer, text = page("/v1/items", "post", OTHER)
    assert answer.status_code == 201
    assert f'<a href="{answer["Location"]}">To the item</a>' in text


@pytest.mark.parametrize(
    "path", ["/v1/items", "/v1/items/", "/v1/items/bulk", f"/v1/items/{ID}/adjust"]
)
def test_every_link_of_a_page_leads_somewhere(page, auth_client, hammer, path):
    _, text = page(path)
    links = {link for link in re.findall(r'href="(/[^"]*)"', text) if "/static/" not in link}
    assert "/" in links
    for link in links:
        assert auth_client.get(link, **BROWSER).status_code == 200, link


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize("path", ["/v1/items/bulk", f"/v1/items/{ID}/adjust"])
def test_a_client_is_told_that_there_is_no_such_method(auth_client, path, method):
    assert getattr(auth_client, method)(path).status_code == 405


@pytest.mark.parametrize("path", ["/v1/items/bulk", f"/v1/items/{ID}/adjust"])
def test_head_of_a_page_with_forms_has_the_status_of_its_get(page, hammer, path):
    answers = [page(path, method)[0] for method in ("get", "head")]
    assert [answer.status_code for answer in answers] == [200, 200]


def test_the_page_of_an_item_that_is_missing_is_a_404(page):
    assert page(f"/v1/items/{ID}/adjust")[0].status_code == 404


def test_a_search_that_takes_too_long_is_said_in_a_page_of_its_own(page, monkeypatch):
    def slow(*args):
        raise TimeLimitExceeded

    monkeypatch.setattr(Item.objects, "page", slow)
    answer, text = page("/v1/items?search=x")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "took too long" in text


def test_location_is_where_the_item_is(auth_client):
    answer = auth_client.post("/v1/items", OTHER)
    assert resolve(answer["Location"]).url_name == "items-detail"
    assert auth_client.get(answer["Location"]).json() == answer.json()


def test_bulk_names_where_each_new_item_is(auth_client):
    rows = auth_client.post("/v1/items/bulk", [SHOWN, SHOWN]).json()
    assert [row.get("location") for row in rows] == [f"/v1/items/{ID}", None]

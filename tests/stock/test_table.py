"""`GET /stock`: the table, its filters and its pages."""

import threading
import time
from itertools import chain

import bson
import pytest
from bson import Decimal128
from bson.datetime_ms import DatetimeMS
from rest_framework.test import APIClient

from djongo_engine.errors import NoAnswer, TimeLimitExceeded
from items.models import Item
from stock import totals
from stock.tables import PAGE_ITEMS
from tests.stock.pages import HTMX, fill, hammer, link, names, text
from tests.support.commands import commands
from tests.support.database import store

SIZE = 2 * PAGE_ITEMS + 7


def test_items_are_in_the_order_of_their_names(auth_client):
    hammer(name="saw", _id="00000000-0000-4000-8000-000000000000")
    hammer(name="Adze")
    assert names(auth_client.get("/stock")) == ["Adze", "saw"]


def test_value_is_count_times_price(auth_client):
    hammer(count=3, price=1200.5)
    assert "3,601.50" in text(auth_client.get("/stock"))


@pytest.mark.parametrize("ordering", ["name", "-name", "count", "-count", "price", "-price"])
def test_pages_lead_through_every_item_and_back(auth_client, ordering):
    fill(SIZE)
    pages = [f"/stock?ordering={ordering}"]
    seen = [names(auth_client.get(pages[0]))]
    while following := link(auth_client.get(pages[-1]), "next"):
        pages.append(following)
        seen.append(names(auth_client.get(following)))
    assert sorted(chain.from_iterable(seen)) == [f"n{n:03}" for n in range(SIZE)]
    page, back = pages[-1], []
    while previous := link(auth_client.get(page), "prev"):
        page = previous
        back.append(names(auth_client.get(page)))
    assert back == seen[-2::-1]


def test_a_page_is_one_round_trip(auth_client):
    fill(3)
    auth_client.get("/stock")
    with commands() as sent:
        auth_client.get("/stock")
    assert sent == ["find"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("search=AM", ["Hammer"]),
        ("category=consumables", ["Glue"]),
        ("below=20", ["Glue"]),
        ("below=21", ["Glue", "Hammer"]),
        ("search=&category=&below=", ["Glue", "Hammer"]),
    ],
)
def test_filters_choose_the_rows(auth_client, query, found):
    hammer()
    hammer(_id="00000000-0000-4000-8000-000000000000", name="Glue", category="consumables", count=2)
    assert names(auth_client.get(f"/stock?{query}")) == found


def test_csv_has_what_the_filter_shows(auth_client):
    hammer()
    hammer(_id="00000000-0000-4000-8000-000000000000", name="Glue", count=2)
    page = text(auth_client.get("/stock?below=20&category=tools"))
    path = page.partition('href="/v1/items?')[2].partition('"')[0]
    answer = auth_client.get(f"/v1/items?{path}")
    rows = b"".join(answer.streaming_content).decode().splitlines()
    assert [row.split(",")[1] for row in rows] == ["name", "Glue"]


def test_low_stock_is_ordered_by_what_its_index_has(auth_client):
    hammer()
    page = text(auth_client.get("/stock?below=50"))
    assert "ordering=-count" in page
    assert "ordering=price" not in page


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("below=x", "below"),
        ("below=0", "below"),
        ("ordering=value", "ordering"),
        ("below=5&ordering=price", "ordering"),
        ("after=none", "after"),
        ("colour=red", "colour"),
        ("search=a&search=b", "search"),
    ],
)
def test_what_is_wrong_in_the_url_is_named(auth_client, query, wrong):
    answer = auth_client.get(f"/stock?{query}", HTTP_ACCEPT="text/html")
    assert answer.status_code == 400
    assert f"<strong>{wrong}</strong>" in text(answer)


def test_a_place_of_another_list_is_refused(auth_client):
    fill(PAGE_ITEMS + 1)
    following = link(auth_client.get("/stock"), "next")
    assert auth_client.get(following + "&category=tools").status_code == 400


def test_a_search_that_takes_too_long_says_so_on_the_page(auth_client, settings):
    settings.MONGO_SEARCH_TIMEOUT_MS = 0.001
    answer = auth_client.get("/stock?search=saw")
    assert answer.status_code == 503
    assert "The search took too long." in text(answer)
    assert 'name="search" value="saw"' in text(answer)


def test_stored_items_that_are_no_numbers_are_shown(auth_client):
    store([{"_id": "00000000-0000-4000-8000-000000000000", "name": "odd", "price": None}])
    answer = auth_client.get("/stock")
    assert (answer.status_code, names(answer)) == (200, ["odd"])


def test_a_date_that_python_does_not_know_can_be_read():
    # The embedded server stores none.
    options = Item.objects.collection.codec_options
    document = {"count": DatetimeMS(2**62)}
    assert bson.decode(bson.encode(document), options) == document


@pytest.mark.parametrize("odd", ["not-a-uuid", "ABCDEF00-0000-4000-8000-000000000000", "a/b", ""])
def test_items_whose_id_has_no_url_are_shown_without_buttons(auth_client, odd):
    hammer(_id=odd, name="Odd", count=77)
    page = text(auth_client.get("/stock"))
    assert "Odd" in page
    assert "77" in page
    assert "stepper" not in page


def test_htmx_gets_the_list_alone_and_the_url_that_shows_it(auth_client):
    hammer()
    answer = auth_client.get("/stock?search=ham&category=", headers=HTMX)
    assert text(answer).startswith('<div id="list">')
    assert answer["HX-Replace-Url"] == "/stock?search=ham"


def test_names_are_text_and_no_markup(auth_client):
    hammer(name="<script>x</script>")
    assert b"<script>x" not in auth_client.get("/stock").content


def test_page_asks_for_the_credentials_and_is_kept_by_no_cache(client: APIClient, auth_client):
    answer = client.get("/stock", headers={"Accept": "text/html"})
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Basic ")
    assert "Who are you?" in text(answer)
    assert auth_client.get("/stock")["Cache-Control"] == "no-store"


def test_an_empty_store_names_the_samples(auth_client):
    assert "load_samples" in text(auth_client.get("/stock"))


def test_totals_add_up_each_category(auth_client, monkeypatch):
    monkeypatch.setattr("stock.totals._kept", None)
    hammer(count=2, price=1.5)
    hammer(_id="00000000-0000-4000-8000-000000000000", category="consumables", count=4, price=2)
    page = text(auth_client.get("/stock/totals"))
    for figure in ("3.00", "8.00", "11.00", "As of"):
        assert figure in page


def test_totals_are_read_once_a_minute(auth_client, monkeypatch):
    monkeypatch.setattr("stock.totals._kept", None)
    auth_client.get("/stock/totals")
    with commands() as sent:
        auth_client.get("/stock/totals")
    assert sent == []


@pytest.mark.parametrize("value", ["text", ["tools"], float("nan"), 1e308, Decimal128("1.5"), True])
@pytest.mark.parametrize("field", ["category", "count", "price"])
def test_totals_pass_over_values_that_are_none_of_an_item(auth_client, monkeypatch, field, value):
    monkeypatch.setattr("stock.totals._kept", None)
    hammer(count=2, price=1.5)
    hammer(_id="00000000-0000-4000-8000-000000000000", **{"count": 0, field: value})
    answer = auth_client.get("/stock/totals")
    assert answer.status_code == 200
    assert "3.00" in text(answer)


def test_totals_that_take_too_long_are_tried_once_a_minute(auth_client, monkeypatch, settings):
    monkeypatch.setattr("stock.totals._kept", None)
    settings.MONGO_SEARCH_TIMEOUT_MS = 0.001
    for _ in range(2):
        assert "too many items to add up" in text(auth_client.get("/stock/totals"))
    assert isinstance(totals._kept[1], TimeLimitExceeded)


def test_a_database_without_an_answer_holds_up_who_waits_for_totals_once(monkeypatch):
    reads = []

    def read():
        reads.append(1)
        time.sleep(0.3)
        raise NoAnswer("frozen")

    def ask():
        with pytest.raises(NoAnswer):
            totals.totals()

    monkeypatch.setattr("stock.totals._kept", None)
    monkeypatch.setattr("stock.totals._read", read)
    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(reads) == 1
    ask()
    assert len(reads) == 2

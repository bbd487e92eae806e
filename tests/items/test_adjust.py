"""Adjusting the count: atomic, within its limits, once for an idempotency key."""

import datetime
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import ANY

import bson
import pytest
from bson import Int64

from items.limits import MAX_COUNT, MAX_KEYS_PER_ITEM
from items.models import Item
from tests.examples import ID, OTHER, OTHER_ID, SENT, SHOWN, STORED
from tests.support.commands import commands

PATH = f"/v1/items/{ID}/adjust"


@pytest.fixture
def hammer():
    """An item as the original stores it, with a field that this service does not know."""
    Item.objects.mongo_insert_one({**STORED, "shelf": "B2"})


@pytest.fixture
def adjust(auth_client):
    """Send an adjustment; further arguments are headers."""

    def send(delta, key=None, **headers):
        if key is not None:
            headers["HTTP_IDEMPOTENCY_KEY"] = key
        return auth_client.post(PATH, {"delta": delta}, **headers)

    return send


def document():
    return Item.objects.mongo_find_one({"_id": ID})


def give(**fields):
    Item.objects.mongo_update_one({"_id": ID}, {"$set": fields})


def keep(number, age=datetime.timedelta()):
    """Store as many keys of an age, each of an adjustment by -1: "0", "1" ..."""
    at = datetime.datetime.now(datetime.UTC) - age
    entry = {**SENT, "delta": -1, "at": at, "changed": True}
    give(adjustments=[{**entry, "key": str(n)} for n in range(number)])


@pytest.fixture(params=[None, "a key"])
def key(request):
    """What must hold without an idempotency key, and with one."""
    return request.param


# The count


def test_adjust_answers_with_the_item(hammer, adjust, key):
    assert adjust(-3, key).json() == {**SHOWN, "count": 17}
    assert document()["count"] == 17
    assert document()["shelf"] == "B2"


@pytest.mark.parametrize("delta", [-20, MAX_COUNT - 20, 1])
def test_count_reaches_its_limits(hammer, adjust, key, delta):
    assert adjust(delta, key).json()["count"] == 20 + delta


@pytest.mark.parametrize(("count", "delta"), [(0, 5), (MAX_COUNT, -5)])
def test_count_leaves_a_limit_that_it_has_reached(hammer, adjust, key, count, delta):
    give(count=count)
    assert adjust(delta, key).json()["count"] == count + delta


@pytest.mark.parametrize("delta", [-21, MAX_COUNT - 19, -MAX_COUNT, MAX_COUNT])
def test_count_never_leaves_its_limits(hammer, adjust, key, delta):
    response = adjust(delta, key)
    assert (response.status_code, response.json()["count"]) == (409, 20)
    assert "20 in stock" in response.json()["detail"]
    assert document()["count"] == 20


@pytest.mark.parametrize("count", [20.0, Int64(20), 2**31 - 1])
def test_whole_count_of_another_type_is_adjusted(hammer, adjust, key, count):
    give(count=count)
    assert adjust(-3, key).json()["count"] == count - 3
    assert type(document()["count"]) is type(count)


@pytest.mark.parametrize(
    "count", ["20", 20.5, -4, None, True, [20], {"a": 1}, float("nan"), float("inf"), 2**40]
)
@pytest.mark.parametrize("delta", [-3, 5])
def test_stored_value_that_is_no_count_is_a_conflict(hammer, adjust, key, count, delta):
    give(count=count)
    response = adjust(delta, key)
    assert response.status_code == 409
    assert "not a whole number" in response.json()["detail"]
    assert repr(document()["count"]) == repr(count)


def test_missing_count_is_a_conflict_and_stays_missing(hammer, adjust, key):
    Item.objects.mongo_update_one({"_id": ID}, {"$unset": {"count": ""}})
    assert (adjust(1, key).status_code, adjust(1, key).json()["count"]) == (409, None)
    assert "count" not in document()


@pytest.mark.parametrize(
    "delta", [0, "3", 1.5, True, None, [1], MAX_COUNT + 1, -MAX_COUNT - 1, 10**30, {"$ne": 1}]
)
def test_bad_delta_is_400_naming_it(hammer, adjust, key, delta):
    response = adjust(delta, key)
    assert (response.status_code, list(response.json()["errors"])) == (400, ["delta"])


@pytest.mark.parametrize("body", [{}, {"delta": 1, "reason": "x"}, [], 5])
def test_other_body_is_400(auth_client, hammer, body):
    assert auth_client.post(PATH, body).status_code == 400
    assert document()["count"] == 20


@pytest.mark.parametrize("item_id", [ID, "no-uuid"])
def test_adjustment_of_an_unknown_item_is_404_and_creates_nothing(auth_client, key, item_id):
    headers = {"HTTP_IDEMPOTENCY_KEY": key} if key else {}
    response = auth_client.post(f"/v1/items/{item_id}/adjust", {"delta": 1}, **headers)
    assert (response.status_code, Item.objects.count()) == (404, 0)


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_only_post_adjusts(auth_client, hammer, method):
    assert getattr(auth_client, method)(PATH).status_code == 405


def test_adjustment_and_its_answer_are_one_command(hammer, adjust, key):
    with commands() as seen:
        adjust(-3, key)
    assert seen == ["findAndModify"]


def test_adjustment_that_was_refused_is_made_when_another_allows_it_meanwhile(
    hammer, adjust, monkeypatch
):
    def after_a_delivery(pipeline):
        give(count=50)
        return Item.objects.collection.aggregate(pipeline)

    monkeypatch.setattr(Item.objects, "mongo_aggregate", after_a_delivery, raising=False)
    assert adjust(-21).json()["count"] == 29


# The idempotency key


def test_repeated_request_gets_the_first_answer_and_has_no_effect(auth_client, hammer, adjust):
    first = adjust(-3, "k")
    etag = auth_client.get(f"/v1/items/{ID}")["ETag"]
    give(**OTHER)
    again = adjust(-3, "k")
    assert first.json() == again.json() == {**SHOWN, "count": 17}
    assert first["ETag"] == again["ETag"] == etag
    assert document() == {**STORED, **OTHER, "shelf": "B2", "adjustments": ANY}


def test_repeated_request_that_was_refused_is_refused_again(hammer, adjust):
    first = adjust(-21, "k")
    give(count=50)
    again = adjust(-21, "k")
    assert (again.status_code, again.content) == (409, first.content)
    assert document()["count"] == 50


def test_answer_says_whether_it_was_given_before(hammer, adjust):
    first, again = adjust(-3, "k"), adjust(-3, "k")
    assert "Idempotency-Replayed" not in first
    assert again["Idempotency-Replayed"] == "true"


def test_each_key_has_an_effect_of_its_own_and_each_request_without_one(hammer, adjust):
    for key in ("k", "K", "$k", "k.", "k k", None) * 2:
        adjust(-1, key)
    assert document()["count"] == 20 - 5 - 2


def test_key_belongs_to_its_item(auth_client, hammer, adjust):
    Item.objects.mongo_insert_one({**STORED, "_id": OTHER_ID})
    adjust(-1, "k")
    response = auth_client.post(
        f"/v1/items/{OTHER_ID}/adjust", {"delta": -2}, HTTP_IDEMPOTENCY_KEY="k"
    )
    assert response.json()["count"] == 18


def test_key_with_another_body_is_422(hammer, adjust):
    adjust(-3, "k")
    response = adjust(-4, "k")
    assert response.status_code == 422
    assert "Idempotency-Key" in response.json()["detail"]
    assert document()["count"] == 17


@pytest.mark.parametrize("delta", [-1, -2])
def test_key_that_a_former_version_kept_gets_its_answer_whatever_the_body(hammer, adjust, delta):
    at = datetime.datetime.now(datetime.UTC)
    kept = {**SENT, "count": 19, "key": "k", "hash": b"0" * 16, "at": at, "changed": True}
    give(count=19, adjustments=[kept])
    assert adjust(delta, "k").json() == {**SHOWN, "count": 19}
    assert document()["count"] == 19


@pytest.mark.parametrize("key", ["", "x" * 256, "é", "a\tb", "\x7f"])
def test_malformed_key_is_400_naming_the_header(hammer, adjust, key):
    response = adjust(-3, key)
    message = "Must be 1 to 255 characters of printable ASCII."
    assert response.status_code == 400
    assert response.json()["errors"] == {"Idempotency-Key": [message]}
    assert document()["count"] == 20


def test_key_of_255_characters_is_kept(hammer, adjust):
    key = "x" * 255
    assert [adjust(-3, key).json()["count"] for _ in range(2)] == [17, 17]


def test_invalid_request_does_not_use_up_its_key(hammer, adjust):
    assert adjust(0, "k").status_code == 400
    assert adjust(-3, "k").json()["count"] == 17


def test_keys_survive_a_change_and_are_shown_nowhere(auth_client, hammer, adjust):
    adjust(-3, "k")
    auth_client.put(f"/v1/items/{ID}", SENT)
    assert auth_client.get(f"/v1/items/{ID}").json() == SHOWN
    assert auth_client.get("/v1/items").json() == [SHOWN]
    assert auth_client.get("/v1/items/?count=20").json()["selection"] == [SHOWN]
    assert adjust(-3, "k").json()["count"] == 17


def test_key_is_forgotten_after_24_hours(hammer, adjust):
    keep(1, age=datetime.timedelta(hours=24, minutes=1))
    response = adjust(-1, "0")
    assert (response.json()["count"], "Idempotency-Replayed" in response) == (19, False)
    assert len(document()["adjustments"]) == 1


def test_key_is_not_forgotten_before_24_hours(hammer, adjust):
    keep(1, age=datetime.timedelta(hours=23, minutes=59))
    assert adjust(-1, "0")["Idempotency-Replayed"] == "true"
    assert document()["count"] == 20


def test_full_item_keeps_a_key_for_an_hour(hammer, adjust):
    keep(998, age=datetime.timedelta(hours=2))
    assert adjust(-1, "the last but one").status_code == 200
    assert adjust(-1, "the last").status_code == 200
    assert adjust(-1, "one more").status_code == 200
    kept = [entry["key"] for entry in document()["adjustments"]]
    assert kept == ["the last but one", "the last", "one more"]


def test_full_item_knows_its_older_keys_until_there_is_another(hammer, adjust):
    adjust(-3, "k")
    (entry,) = document()["adjustments"]
    old = entry["at"] - datetime.timedelta(hours=2)
    keep(999, age=datetime.timedelta(hours=2))
    give(adjustments=[*document()["adjustments"], {**entry, "at": old}])
    assert adjust(-3, "k")["Idempotency-Replayed"] == "true"


def test_1000_keys_of_an_hour_are_kept_and_the_next_is_503_until_the_oldest_is_older(
    hammer, adjust
):
    keep(999, age=datetime.timedelta(minutes=50))
    assert adjust(-1, "the last").status_code == 200
    response = adjust(-1, "one more")
    assert response.status_code == 503
    assert 500 < int(response["Retry-After"]) <= 600
    assert document()["count"] == 19
    assert adjust(-1, "the last")["Idempotency-Replayed"] == "true"
    assert adjust(-1).json()["count"] == 18


def test_item_that_is_deleted_while_its_keys_are_counted_is_404(hammer, adjust, monkeypatch):
    def deleted_before(pipeline):
        Item.objects.remove(ID)
        return Item.objects.collection.aggregate(pipeline)

    keep(MAX_KEYS_PER_ITEM)
    monkeypatch.setattr(Item.objects, "mongo_aggregate", deleted_before, raising=False)
    assert adjust(-1, "one more").status_code == 404


def test_expired_keys_make_room(hammer, adjust):
    keep(1000, age=datetime.timedelta(hours=25))
    assert adjust(-1, "k").status_code == 200
    assert [entry["key"] for entry in document()["adjustments"]] == ["k"]


def test_1000_keys_stay_under_a_megabyte_however_large(auth_client, hammer, adjust):
    largest = {"name": "🔨" * 100, "category": "consumables", "count": MAX_COUNT, "price": 1e9 - 1}
    auth_client.put(f"/v1/items/{ID}", largest)
    adjust(-MAX_COUNT, "x" * 255)
    (entry,) = document()["adjustments"]
    give(adjustments=[{**entry, "key": f"{n:255}"} for n in range(MAX_KEYS_PER_ITEM)])
    assert len(bson.encode(document())) < 1_000_000


@pytest.mark.parametrize("delta", [-1, -21])
def test_concurrent_requests_with_one_key_have_one_effect_and_one_answer(hammer, delta):
    def once(_):
        return Item.objects.adjust_once(ID, delta, "k")

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(once, range(24)))
    assert document()["count"] == (19 if delta == -1 else 20)
    assert sum(not adjustment.replayed for adjustment in made) == 1
    assert len({(adjustment.changed, adjustment.item["count"]) for adjustment in made}) == 1


# With a condition


def test_repetition_gets_the_first_answer_though_the_etag_has_changed(auth_client, hammer, adjust):
    etag = auth_client.get(f"/v1/items/{ID}")["ETag"]
    first, again = (adjust(-3, "k", HTTP_IF_MATCH=etag) for _ in range(2))
    assert (first.status_code, again.content) == (200, first.content)
    assert again["Idempotency-Replayed"] == "true"
    assert adjust(-3, "other", HTTP_IF_MATCH=etag).status_code == 412


def test_concurrent_requests_with_one_key_and_etag_have_one_effect(auth_client, hammer):
    item = Item.objects.read(ID)

    def once(_):
        return Item.objects.adjust_once(ID, -1, "k", read=item).item["count"]

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(once, range(24))) == {19}


def test_412_does_not_use_up_the_key(hammer, adjust):
    assert adjust(-3, "k", HTTP_IF_MATCH='"old"').status_code == 412
    assert adjust(-3, "k").json()["count"] == 17


@pytest.mark.parametrize("path", [PATH, "/v1/items/bulk"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_browser_gets_a_page(auth_client, hammer, path, method):
    response = getattr(auth_client, method)(path, HTTP_ACCEPT="text/html")
    assert response["Content-Type"].startswith("text/html")
    assert response.status_code == (200 if method == "get" else 400)

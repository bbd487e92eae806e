"""Adjusting the count: atomic, within its limits, once for an idempotency key."""

import datetime
from concurrent.futures import ThreadPoolExecutor

import bson
import pytest
from bson import Int64

from items.adjustments import request_hash
from items.models import MAX_COUNT, Item
from tests.support.commands import commands

ID = "dbb86c27-2eed-410d-881e-ad47487dd228"
PATH = f"/v1/items/{ID}/adjust"
HAMMER = {"_id": ID, "name": "Hammer", "category": "tools", "count": 20, "price": 9.99}
ITEM = {"id": ID, "name": "Hammer", "category": "tools", "count": 20, "price": 9.99}


@pytest.fixture
def hammer():
    """An item as the original stores it, with a field that this service does not know."""
    Item.objects.mongo_insert_one({**HAMMER, "shelf": "B2"})


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
    """Store as many keys of an age: "0", "1" ..."""
    at = datetime.datetime.now(datetime.UTC) - age
    entry = {**HAMMER, "hash": request_hash(-1), "at": at, "changed": True}
    entry.pop("_id")
    give(adjustments=[{**entry, "key": str(n)} for n in range(number)])


@pytest.fixture(params=[None, "a key"])
def key(request):
    """What must hold without an idempotency key, and with one."""
    return request.param


# The count


def test_adjust_answers_with_the_item(hammer, adjust, key):
    assert adjust(-3, key).json() == {**ITEM, "count": 17}
    assert document()["count"] == 17
    assert document()["shelf"] == "B2"


@pytest.mark.parametrize("delta", [-20, MAX_COUNT - 20, 1])
def test_count_reaches_its_limits(hammer, adjust, key, delta):
    assert adjust(delta, key).json()["count"] == 20 + delta


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
def test_count_that_is_none_is_a_conflict_that_says_so(hammer, adjust, key, count, delta):
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
def test_delta_that_is_no_whole_number_within_the_limits_is_named(hammer, adjust, key, delta):
    response = adjust(delta, key)
    assert (response.status_code, list(response.json()["errors"])) == (400, ["delta"])


@pytest.mark.parametrize("body", [{}, {"delta": 1, "reason": "x"}, [], 5])
def test_body_that_is_no_adjustment_is_400(auth_client, hammer, body):
    assert auth_client.post(PATH, body).status_code == 400
    assert document()["count"] == 20


@pytest.mark.parametrize("item_id", [ID, "no-uuid"])
def test_adjustment_of_an_unknown_item_is_404_and_creates_none(auth_client, key, item_id):
    headers = {"HTTP_IDEMPOTENCY_KEY": key} if key else {}
    response = auth_client.post(f"/v1/items/{item_id}/adjust", {"delta": 1}, **headers)
    assert (response.status_code, Item.objects.count()) == (404, 0)


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_adjustment_is_made_by_post_alone(auth_client, hammer, method):
    assert getattr(auth_client, method)(PATH).status_code == 405


def test_adjustment_is_one_write_and_one_read(hammer, adjust, key):
    with commands() as seen:
        adjust(-3, key)
    assert seen == ["update", "find"]


# The idempotency key


@pytest.mark.parametrize("delta", [-3, -21])
def test_repeated_request_gets_the_first_answer_and_has_no_effect(hammer, adjust, delta):
    first = adjust(delta, "k")
    give(name="Saw", count=50)
    again = adjust(delta, "k")
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.get("ETag") == first.get("ETag")
    assert (first.get("Idempotency-Replayed"), again["Idempotency-Replayed"]) == (None, "true")
    assert document()["count"] == 50


def test_other_keys_and_no_key_have_their_own_effect(hammer, adjust):
    for key in ("k", "K", "$k", "k.", "k k", None) * 2:
        adjust(-1, key)
    assert document()["count"] == 20 - 5 - 2


def test_key_belongs_to_its_item(auth_client, hammer, adjust):
    other = "00000000-0000-4000-8000-000000000000"
    Item.objects.mongo_insert_one({**HAMMER, "_id": other})
    adjust(-1, "k")
    response = auth_client.post(
        f"/v1/items/{other}/adjust", {"delta": -2}, HTTP_IDEMPOTENCY_KEY="k"
    )
    assert response.json()["count"] == 18


def test_key_with_another_body_is_422(hammer, adjust):
    adjust(-3, "k")
    response = adjust(-4, "k")
    assert response.status_code == 422
    assert "Idempotency-Key" in response.json()["detail"]
    assert document()["count"] == 17


@pytest.mark.parametrize("key", ["", "x" * 256, "é", "a\tb", "\x7f"])
def test_malformed_key_is_400_naming_the_header(hammer, adjust, key):
    response = adjust(-3, key)
    assert (response.status_code, list(response.json()["errors"])) == (400, ["Idempotency-Key"])
    assert document()["count"] == 20


def test_key_of_255_characters_is_kept(hammer, adjust):
    key = "x" * 255
    assert [adjust(-3, key).json()["count"] for _ in range(2)] == [17, 17]


def test_request_that_was_not_valid_leaves_its_key_unused(hammer, adjust):
    assert adjust(0, "k").status_code == 400
    assert adjust(-3, "k").json()["count"] == 17


def test_keys_are_kept_by_changes_and_shown_nowhere(auth_client, hammer, adjust):
    adjust(-3, "k")
    auth_client.put(f"/v1/items/{ID}", {key: value for key, value in ITEM.items() if key != "id"})
    assert auth_client.get(f"/v1/items/{ID}").json() == ITEM
    assert auth_client.get("/v1/items").json() == [ITEM]
    assert auth_client.get("/v1/items/?count=20").json()["selection"] == [ITEM]
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


def test_1000_keys_are_kept_and_the_next_is_503_until_the_oldest_expires(hammer, adjust):
    keep(999, age=datetime.timedelta(hours=23))
    assert adjust(-1, "the last").status_code == 200
    response = adjust(-1, "one more")
    assert response.status_code == 503
    assert 3500 < int(response["Retry-After"]) <= 3600
    assert document()["count"] == 19
    assert adjust(-1, "the last")["Idempotency-Replayed"] == "true"
    assert adjust(-1).json()["count"] == 18


def test_expired_keys_make_room(hammer, adjust):
    keep(1000, age=datetime.timedelta(hours=25))
    assert adjust(-1, "k").status_code == 200
    assert [entry["key"] for entry in document()["adjustments"]] == ["k"]


def test_1000_keys_stay_small(hammer, adjust):
    give(name="é" * 100)
    adjust(-1, "x" * 255)
    (entry,) = document()["adjustments"]
    assert len(bson.encode(entry)) * 1000 < 1_000_000


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


def test_repeated_request_is_no_412_though_its_first_use_changed_the_item(
    auth_client, hammer, adjust
):
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


def test_request_that_was_412_leaves_its_key_unused(hammer, adjust):
    assert adjust(-3, "k", HTTP_IF_MATCH='"old"').status_code == 412
    assert adjust(-3, "k").json()["count"] == 17


@pytest.mark.parametrize("path", [PATH, "/v1/items/bulk"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_browser_gets_a_page(auth_client, hammer, path, method):
    response = getattr(auth_client, method)(path, HTTP_ACCEPT="text/html")
    assert response["Content-Type"].startswith("text/html")
    assert response.status_code in (400, 405)

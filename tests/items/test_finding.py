"""Finding items: filters, orderings, pages, and what MongoDB is asked for them."""

import re
import uuid
from itertools import cycle, product

import pytest
from bson import Decimal128, ObjectId
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from pymongo.monitoring import CommandListener

from items.finding import ORDERINGS, UNORDERED_TYPES, Listing, Position
from items.models import Item
from tests.support.database import store

NAMES = ["anvil", "Hammer", "hammer", "Élan", "elan", "Zange"]


@pytest.fixture
def items():
    """Items with many ties, as the API shows them."""
    documents = [
        {
            "_id": str(uuid.uuid4()),
            "name": NAMES[n % 6],
            "category": "tools" if n % 3 else "consumables",
            "count": n % 5,
            "price": (n % 4 + 1) / 2,
        }
        for n in range(18)
    ]
    store(documents)
    return [{"id": document.pop("_id"), **document} for document in documents]


def walk(client, url):
    """Yield the pages that `Link` leads through."""
    while url:
        response = client.get(url)
        assert response.status_code == 200, response.content
        yield response.json()
        link = re.fullmatch(r'<(.+)>; rel="next"', response.get("Link", ""))
        url = link and link[1]


def walked_ids(client, url):
    return [item["id"] for page in walk(client, url) for item in page]


def ordered(items, ordering):
    """Sort items as an ordering promises."""
    field = ordering.removeprefix("-")

    def key(item):
        value = item[field]
        return value.replace("É", "e").lower() if field == "name" else value, item["id"]

    return sorted(items, key=key, reverse=ordering.startswith("-"))


# Filters


@pytest.mark.parametrize(
    ("query", "test"),
    [
        ("name=HAMMER", lambda item: item["name"] in ("Hammer", "hammer")),
        ("name=elan", lambda item: item["name"] == "elan"),
        ("name=Hamm", lambda item: False),
        ("search=AM", lambda item: item["name"] in ("Hammer", "hammer")),
        ("search=%C3%A9l", lambda item: item["name"] == "Élan"),
        ("search=.", lambda item: False),
        ("category=tools", lambda item: item["category"] == "tools"),
        ("count=3", lambda item: item["count"] == 3),
        ("price=1.50", lambda item: item["price"] == 1.5),
        ("count__gte=3", lambda item: item["count"] >= 3),
        ("count__lte=3&count__gte=2", lambda item: 2 <= item["count"] <= 3),
        ("price__gte=0&price__lte=1", lambda item: item["price"] <= 1),
        ("count__gte=4&count__lte=2", lambda item: False),
        ("count=1&count__gte=2", lambda item: False),
        (
            "name=hammer&search=h&category=tools&price__lte=1.5&count__gte=1",
            lambda item: (
                item["name"].lower() == "hammer"
                and item["category"] == "tools"
                and item["price"] <= 1.5
                and item["count"] >= 1
            ),
        ),
    ],
)
def test_list_has_the_items_that_meet_every_argument(auth_client, items, query, test):
    expected = sorted(item["id"] for item in items if test(item))
    assert walked_ids(auth_client, f"/v1/items?{query}&limit=7") == expected
    assert auth_client.get(f"/v1/items?{query}&total=true")["X-Total-Count"] == str(len(expected))


def test_total_is_told_only_when_asked_for(auth_client, items):
    assert "X-Total-Count" not in auth_client.get("/v1/items?total=false")


@pytest.mark.parametrize("text", ["50% (a.c)", "[x]*", "$where", "a\\b", '"', "{}"])
def test_search_takes_every_character_as_itself(auth_client, text):
    store([{"_id": str(uuid.uuid4()), "name": name} for name in (f"a {text} b", "50% aac")])
    (found,) = auth_client.get("/v1/items", {"search": text}).json()
    assert found["name"] == f"a {text} b"


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("limit=0", "limit"),
        ("limit=5000", "limit"),
        ("limit=1_0", "limit"),
        ("search=", "search"),
        ("category=food", "category"),
        ("count=%D9%A3", "count"),
        ("count__gte=many", "count__gte"),
        ("count__lte=-1", "count__lte"),
        ("count__gt=1", "count__gt"),
        ("price__gte=NaN", "price__gte"),
        ("price__lte=1e99", "price__lte"),
        ("ordering=colour", "ordering"),
        ("ordering=name,price", "ordering"),
        ("ordering=name&ordering=price", "ordering"),
        ("total=yes", "total"),
        ("cursor=", "cursor"),
        ("cursor=a.b", "cursor"),
        ("format=xml", "format"),
    ],
)
def test_argument_at_fault_is_named(auth_client, query, name):
    response = auth_client.get(f"/v1/items?{query}")
    assert (response.status_code, list(response.json()["errors"])) == (400, [name])


# Orderings and pages


@pytest.mark.parametrize("ordering", ORDERINGS)
def test_ordering_leads_through_all_items_with_ties_by_id(auth_client, items, ordering):
    pages = list(walk(auth_client, f"/v1/items?ordering={ordering}&limit=4"))
    assert [len(page) for page in pages] == [4, 4, 4, 4, 2]
    assert [item for page in pages for item in page] == ordered(items, ordering)


@pytest.mark.parametrize(
    ("query", "test"),
    [
        ("category=tools", lambda item: item["category"] == "tools"),
        ("price__gte=1&price__lte=1.5", lambda item: 1 <= item["price"] <= 1.5),
        ("name=hammer", lambda item: item["name"].lower() == "hammer"),
        (
            "category=tools&count__gte=1&search=a",
            lambda item: (
                item["category"] == "tools" and item["count"] and "a" in item["name"].lower()
            ),
        ),
    ],
)
@pytest.mark.parametrize("ordering", ["-name", "price"])
def test_pages_of_a_filtered_ordering(auth_client, items, ordering, query, test):
    expected = ordered(filter(test, items), ordering)
    ids = walked_ids(auth_client, f"/v1/items?{query}&ordering={ordering}&limit=3")
    assert ids == [item["id"] for item in expected]


BROKEN = [
    *(None, "missing", float("nan"), Decimal128("NaN"), float("-inf"), -1, 0, 2**53 + 1),
    *(9.99, Decimal128("9.99"), float("inf"), "", "9", "text"),
]


@pytest.mark.parametrize(("field", "limit"), [("name", 3), ("count", 5), ("price", 1)])
def test_broken_documents_come_once_in_every_ordering(auth_client, field, limit):
    ids = [str(uuid.uuid4()) for _ in BROKEN]
    store(
        [
            {"_id": item_id} if value == "missing" else {"_id": item_id, field: value}
            for item_id, value in zip(ids, BROKEN, strict=True)
        ]
    )
    forwards = walked_ids(auth_client, f"/v1/items?ordering={field}&limit={limit}")
    assert sorted(forwards) == sorted(ids)
    assert walked_ids(auth_client, f"/v1/items?ordering=-{field}&limit={limit}") == forwards[::-1]


@pytest.mark.random
@pytest.mark.parametrize(
    "conditions",
    [
        {},
        pytest.param({"category": "tools"}, marks=pytest.mark.long),
        pytest.param({"price__gte": 1.0}, marks=pytest.mark.long),
    ],
)
@given(
    values=st.lists(st.sampled_from([*BROKEN, *NAMES, "Ela\u0301n", 1, 1.0, 2]), max_size=25),
    limit=st.integers(1, 7),
)
def test_pages_of_any_values_are_the_list_that_one_find_gives(conditions, values, limit):
    categories = cycle(["tools", "consumables", "tools"])
    store(
        [
            {"_id": str(uuid.uuid4()), "category": next(categories)}
            | ({} if value == "missing" else dict.fromkeys(("name", "count", "price"), value))
            for value in [*values, 1.0]
        ]
    )
    for listing in (Listing(conditions, ordering) for ordering in ORDERINGS):
        with Item.objects.every(listing) as everything:
            expected = [item["id"] for item in everything]
        seen, after = [], None
        while page := Item.objects.page(listing, limit, after):
            seen += [item["id"] for item in page]
            after = listing.position(page[-1])
        assert seen == expected, listing
    Item.objects.mongo_delete_many({})


def test_item_whose_value_cannot_be_ordered_is_in_the_order_of_ids_only(auth_client):
    ids = sorted(str(uuid.uuid4()) for _ in range(5))
    odd = [[1, 9], {"a": 1}, True, b"1"]
    store([{"_id": i, "price": price} for i, price in zip(ids, [*odd, 5], strict=True)])
    assert walked_ids(auth_client, "/v1/items?limit=1") == ids
    for ordering in ("price", "-price"):
        assert walked_ids(auth_client, f"/v1/items?ordering={ordering}&limit=1") == ids[-1:]


@pytest.mark.parametrize("ordering", ["id", "-price", "name"])
def test_items_that_stay_are_seen_once_while_others_come_and_go(auth_client, ordering):
    stay, go = ([str(uuid.uuid4()) for _ in range(60)] for _ in range(2))

    def add(ids):
        store([{"_id": i, "name": f"Item {i[0]}", "price": int(i[0], 16)} for i in ids])

    add(stay + go)
    seen = []
    for page in walk(auth_client, f"/v1/items?ordering={ordering}&limit=10"):
        seen += [item["id"] for item in page]
        # Also the item that the next page starts behind.
        gone = [item["id"] for item in page if item["id"] in go]
        Item.objects.mongo_delete_many({"_id": {"$in": gone}})
        add(str(uuid.uuid4()) for _ in range(5))
        assert len(seen) < 600
    assert len(seen) == len(set(seen))
    assert set(stay) <= set(seen)


# Cursors


def test_link_keeps_the_other_arguments(auth_client, items):
    response = auth_client.get("/v1/items?ordering=-price&category=tools&price__gte=1&limit=2")
    url = response["Link"].partition(">")[0]
    assert all(
        part in url for part in ("ordering=-price", "category=tools", "price__gte=1", "limit=2")
    )


@pytest.mark.parametrize("query", ["ordering=price", "ordering=-name", "ordering=name&count=3"])
def test_cursor_of_another_list_is_refused(auth_client, items, query):
    link = auth_client.get("/v1/items?ordering=name&limit=2")["Link"]
    cursor = re.search(r"cursor=([^&>]+)", link)[1]
    response = auth_client.get(f"/v1/items?{query}&cursor={cursor}")
    assert (response.status_code, list(response.json()["errors"])) == (400, ["cursor"])


def test_forged_cursor_is_refused(auth_client, items):
    link = auth_client.get("/v1/items?limit=2")["Link"]
    cursor = re.search(r"cursor=([^&>]+)", link)[1]
    for forged in (cursor[:-1], cursor.swapcase(), "x" + cursor, cursor.partition(".")[0]):
        response = auth_client.get(f"/v1/items?cursor={forged}")
        assert (response.status_code, list(response.json()["errors"])) == (400, ["cursor"])


# What MongoDB is asked


RANGES = {"name": {}, "price": {"price__gte": 1.0, "price__lte": 50.0}, "count": {"count__gte": 2}}
SERVED = [
    (Listing({**category, **bounds}, ordering), after)
    for ordering, category, bounded, after in product(
        ORDERINGS, [{}, {"category": "tools"}], [False, True], [False, True]
    )
    for bounds in [RANGES.get(ordering.removeprefix("-"), {}) if bounded else {}]
] + [
    (Listing({**category, **equal}, "-id"), after)
    for category, equal, after in product(
        [{}, {"category": "tools"}],
        [{"name": "hammer"}, {"price": 2.0}, {"count": 2}],
        [False, True],
    )
]


def stages(plan):
    """Yield the stages of a plan."""
    # Newer servers wrap the plan of the classic engine.
    plan = plan.get("queryPlan", plan)
    yield plan
    for child in [plan.get("inputStage"), *plan.get("inputStages", [])]:
        if child:
            yield from stages(child)


def plan(filter, sort, **options):
    items = Item.objects.collection
    find = {"find": items.name, "filter": filter or {}, "sort": dict(sort), **options}
    explained = items.database.command("explain", find, verbosity="queryPlanner")
    return explained["queryPlanner"]["winningPlan"]


def test_every_ordering_is_served_by_its_index(items):
    # A server that sorts even by the id does not tell which sorts an index spares.
    tells_sorts = "SORT" not in {stage["stage"] for stage in stages(plan({}, sort=[("_id", 1)]))}
    for listing, later in SERVED:
        value = {"name": "Hammer", "id": None}.get(listing.field, 2)
        position = Position(value, str(uuid.uuid4())) if later else None
        for part in listing.filters(position):
            found = list(stages(plan(part, limit=10, sort=listing.sort, **listing.options)))
            names = {stage["stage"] for stage in found}
            assert "COLLSCAN" not in names, listing
            assert not tells_sorts or "SORT" not in names, listing
            if listing.index != "_id_":
                assert {stage["indexName"] for stage in found if "indexName" in stage} == {
                    listing.index
                }


@pytest.mark.parametrize(
    ("conditions", "ordering", "index"),
    [
        ({}, "id", "_id_"),
        ({}, "-name", "items_name"),
        ({"category": "tools"}, "-id", "items_category"),
        ({"category": "tools", "count__gte": 1}, "count", "items_category_count"),
        ({"name": "saw"}, "id", "items_name"),
        ({"price": 1.0, "category": "tools"}, "-id", "items_category_price"),
        ({"count__gte": 1}, "id", None),
        ({"count": 1}, "price", None),
        ({"search": "a"}, "name", None),
        ({"name": "saw", "price": 1.0}, "id", None),
    ],
)
def test_index_of_a_list(conditions, ordering, index):
    assert Listing(conditions, ordering).index == index


class Recorder(CommandListener):
    """Keeps the commands that a client sends."""

    def __init__(self):
        self.commands = []

    def started(self, event):
        if event.command.get(event.command_name) == "items":
            self.commands.append(dict(event.command))

    def succeeded(self, event):
        pass

    def failed(self, event):
        pass


@pytest.fixture
def commands(auth_client):
    """The commands on items that the service sends from here on."""
    recorder = Recorder()
    options = connection.settings_dict["CLIENT"]
    connection.settings_dict["CLIENT"] = {**options, "event_listeners": [recorder]}
    connection.connection = None
    yield recorder.commands
    connection.database.client.close()
    connection.settings_dict["CLIENT"] = options
    connection.connection = None


def test_page_behind_a_cursor_asks_for_ties_and_then_for_what_follows(auth_client, items, commands):
    url = "/v1/items?ordering=-price&category=tools&price__gte=1&limit=5"
    page, *_ = walk(auth_client, url)
    first, ties, rest, *_ = commands
    last = page[-1]
    common = {"category": {"$eq": "tools"}}
    price = {"$gte": 1.0, "$not": {"$type": UNORDERED_TYPES}}
    assert first["filter"] == {**common, "price": price, "_id": {"$gte": ""}}
    assert ties["filter"] == {
        **common,
        "price": {**price, "$eq": last["price"]},
        "_id": {"$lt": last["id"]},
    }
    assert rest["filter"] == {
        **common,
        "price": {**price, "$lt": last["price"]},
        "_id": {"$gte": ""},
    }
    for command in (ties, rest):
        assert command["hint"] == "items_category_price"
        assert list(command["sort"].items()) == [("category", -1), ("price", -1), ("_id", -1)]


def test_page_full_of_ties_is_one_command(auth_client, commands):
    store([{"_id": str(uuid.uuid4()), "price": 1.0} for _ in range(9)])
    link = auth_client.get("/v1/items?ordering=price&limit=3")["Link"]
    commands.clear()
    auth_client.get(link.partition("<")[2].partition(">")[0])
    assert len(commands) == 1


def test_page_of_a_list_without_an_index_is_one_command(auth_client, items, commands):
    _, *_ = walk(auth_client, "/v1/items?ordering=price&count__gte=0&limit=5")
    assert [len(commands), {len(command["filter"]) for command in commands[1:]}] == [
        len(list(walk(auth_client, "/v1/items?ordering=price&count__gte=0&limit=5"))),
        {1},
    ]


def test_selection_counts_no_document_that_is_no_item(auth_client, settings, monkeypatch):
    monkeypatch.setattr("items.lists.MAX_SELECTION_ITEMS", 2)
    store([{"_id": ObjectId(), "count": 5} for _ in range(9)])
    store([{"_id": str(uuid.uuid4()), "count": 5}])
    assert len(auth_client.get("/v1/items/?count=5").json()["selection"]) == 1


def test_selection_has_the_time_of_a_list(auth_client, items, commands, settings):
    settings.MONGO_TIMEOUT_MS = 3000
    auth_client.get("/v1/items/?count=5")
    assert commands[0]["maxTimeMS"] <= 1500


def test_selection_leaves_index_and_order_to_mongodb(auth_client, items, commands):
    found = auth_client.get("/v1/items/?category=tools&name=hammer").json()["selection"]
    assert found == sorted(found, key=lambda item: item["id"])
    (command,) = commands
    assert not {"hint", "sort"} & command.keys()


# Limits


def test_search_that_takes_too_long_is_a_503_of_its_own(auth_client, items, settings):
    settings.MONGO_SEARCH_TIMEOUT_MS = 0.001
    response = auth_client.get("/v1/items?search=y")
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert "took too long" in response.json()["detail"]


def test_search_has_a_time_limit_of_its_own(auth_client, items, commands, settings):
    settings.MONGO_SEARCH_TIMEOUT_MS = 1500
    auth_client.get("/v1/items?search=y")
    auth_client.get("/v1/items?name=y")
    search, other = (command["maxTimeMS"] for command in commands)
    assert search <= 1500 < other


def test_missing_index_is_a_503_that_the_log_explains(auth_client, items, caplog):
    Item.objects.collection.drop_index("items_price")
    try:
        assert auth_client.get("/v1/items?ordering=price").status_code == 503
        assert "items_price is missing: run manage.py migrate" in caplog.text
    finally:
        with connection.patient(60):
            keys = [("price", 1), ("_id", 1)]
            Item.objects.collection.create_index(keys, name="items_price")

"""Random requests, with faults of MongoDB between them, agree with a model in memory."""

import time

import pymongo
import pytest
from django.conf import settings
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from items.documents import PROJECTION, as_item
from tests.support import ledger
from tests.support.accounts import AUTHORIZATION
from tests.support.ledger import Ledger
from tests.support.service import wait_for

LONG_SECONDS = 600
# A machine that measures speed beside this may let no read through in its time for a while.
PATIENCE_SECONDS = 240
IDS = [f"{number}7f0d2a4-6c1b-4e58-9f3a-2b1c0d9e8f7a" for number in range(4)]

ids = st.sampled_from(IDS)
values = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["Saw", "saw", "Hammer", "Säge"]),
        "count": st.integers(0, 5),
        "price": st.sampled_from([0.01, 9.99, 120.0]),
    },
)
items = st.fixed_dictionaries(
    {
        "id": ids,
        "name": st.sampled_from(["Saw", "Hammer"]),
        "category": st.sampled_from(["tools", "consumables"]),
        "count": st.integers(0, 5),
        "price": st.sampled_from([0.01, 9.99, 120.0]),
    }
)
deltas = st.integers(-4, 4).filter(bool)
keys = st.sampled_from(["one", "two"])
# Cheap ones first, as hypothesis draws those more often when it makes a failure smaller.
FAULTS = ["cut", "lose", "halve", 0.1, {"ok": 0, "code": 112, "errmsg": "now"}, "freeze"]


class Machine(RuleBasedStateMachine):
    """A client that knows what it was told."""

    def __init__(self, service, proxy, collection) -> None:
        """Begin without items."""
        super().__init__()
        self.service, self.proxy, self.collection = service, proxy, collection
        collection.delete_many({})
        self.ledger = Ledger(IDS)
        self.seen: dict[str, tuple[str, dict]] = {}

    def call(self, method, path, body=None, **headers):
        """Send a request, and heal MongoDB after it."""
        answer = self.service.call(method, f"/v1/items{path}", body, **AUTHORIZATION, **headers)
        if answer[0] == 503:
            self.proxy.heal()
            wait_for(self.service.is_healthy, PATIENCE_SECONDS)
        return answer

    def one(self, item_id, operation, method, path, body=None, **headers):
        """Send a request about one item, and take note of the answer."""
        status, answered, content = self.call(method, path, body, **headers)
        self.ledger.enter(item_id, operation, status, content)
        if "ETag" in answered:
            self.seen[item_id] = answered["ETag"], content

    def many(self, method, rows, ids, operations):
        """Send a request about many items, and take note of each row's result."""
        status, _, results = self.call(method, "/bulk", rows)
        if status == 503:
            results = [{"status": 503}] * len(ids)
        for item_id, operation, result in zip(ids, operations, results, strict=True):
            self.ledger.enter(item_id, operation, result["status"], result.get("item"))

    @rule(fault=st.sampled_from(FAULTS), times=st.integers(1, 2))
    def fail(self, fault, times):
        """Let the next commands fail."""
        self.proxy.fail(fault, times)

    @rule(item=items)
    def create(self, item):
        self.one(item["id"], ledger.create(item), "POST", "", item)

    @rule(item_id=ids)
    def read(self, item_id):
        self.one(item_id, ledger.read, "GET", f"/{item_id}")

    @rule(item_id=ids, values=values.filter(bool))
    def change_by_arguments(self, item_id, values):
        query = "&".join(f"{name}={value}" for name, value in values.items())
        path = f"/{item_id}?{query}".replace("ä", "%C3%A4")
        self.one(item_id, ledger.change(values), "PUT", path)

    @rule(item_id=ids, values=values.filter(bool))
    def change(self, item_id, values):
        self.one(item_id, ledger.change(values), "PATCH", f"/{item_id}", values)

    @rule(item_id=ids, values=values.filter(bool))
    def change_what_was_seen(self, item_id, values):
        if item_id in self.seen:
            etag, item = self.seen[item_id]
            operation = ledger.change(values, only=item)
            self.one(item_id, operation, "PATCH", f"/{item_id}", values, If_Match=etag)

    @rule(item=items)
    def replace(self, item):
        self.one(item["id"], ledger.change(item), "PUT", f"/{item['id']}", item)

    @rule(item_id=ids)
    def delete(self, item_id):
        self.one(item_id, ledger.delete, "DELETE", f"/{item_id}")

    @rule(item_id=ids, delta=deltas)
    def adjust(self, item_id, delta):
        self.one(item_id, ledger.adjust(delta), "POST", f"/{item_id}/adjust", {"delta": delta})

    @rule(item_id=ids, delta=deltas, key=keys)
    def adjust_once(self, item_id, delta, key):
        operation = ledger.adjust(delta, key)
        path = f"/{item_id}/adjust"
        self.one(item_id, operation, "POST", path, {"delta": delta}, Idempotency_Key=key)

    @rule(rows=st.lists(items, min_size=1, unique_by=lambda item: item["id"]))
    def create_many(self, rows):
        self.many("POST", rows, [row["id"] for row in rows], map(ledger.create, rows))

    @rule(rows=st.dictionaries(ids, values, min_size=1))
    def change_many(self, rows):
        body = [{"id": item_id, **values} for item_id, values in rows.items()]
        self.many("PATCH", body, list(rows), map(ledger.change, rows.values()))

    @rule(rows=st.lists(ids, min_size=1, unique=True))
    def delete_many(self, rows):
        self.many("DELETE", rows, rows, [ledger.delete] * len(rows))

    @rule(ordering=st.sampled_from(["id", "-count", "name", "price"]))
    def list(self, ordering):
        status, _, found = self.call("GET", f"?ordering={ordering}")
        if status == 200:
            self.ledger.check(found)

    def teardown(self):
        """Compare with what MongoDB holds."""
        self.proxy.heal()
        self.ledger.check(map(as_item, self.collection.find({}, PROJECTION)))


@pytest.fixture
def run(proxied_service, proxy, mongodb):
    """Return a function that runs the machine a number of times."""
    wait_for(proxied_service.is_healthy, PATIENCE_SECONDS)
    with pymongo.MongoClient(mongodb.url) as client:
        collection = client[settings.MONGO_DB]["items"]

        def run(times):
            run_state_machine_as_test(
                lambda: Machine(proxied_service, proxy, collection),
                settings=hypothesis_settings(max_examples=times, stateful_step_count=30),
            )

        yield run


def test_answers_and_what_is_stored_agree_with_the_model(run):
    run(12)


@pytest.mark.long
@pytest.mark.first
def test_answers_agree_with_the_model_for_minutes(run):
    until = time.monotonic() + LONG_SECONDS
    while time.monotonic() < until:
        run(20)

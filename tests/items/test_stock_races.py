"""Many clients change the same items at once, through a service with two workers.

The figures of the long ones are in docs/benchmarks/stock.md.
"""

import itertools
import os
import random
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import connection

from tests.examples import OTHER
from tests.support.accounts import AUTHORIZATION
from tests.support.service import Service

SEED = 7
CLIENTS = 16
FULL = {**OTHER, "count": 1000}
LONG = pytest.mark.long


@pytest.fixture(scope="module")
def service():
    """A service with two workers and a database of its own."""
    name = f"{connection.settings_dict['NAME']}_races"
    with Service(
        "serve",
        MONGO_URL=os.environ["MONGO_URL"],
        MONGO_DB=name,
        WORKERS="2",
    ) as running:
        running.wait_until_up()
        yield running
    connection.database.client.drop_database(name)


@pytest.fixture
def call(service):
    """Calls the service with the credentials."""
    return partial(service.call, **AUTHORIZATION)


def create(call, number):
    """Create items; return their ids."""
    return [row["item"]["id"] for row in call("POST", "/v1/items/bulk", [FULL] * number)[2]]


def at_once(work, tasks, threads=CLIENTS):
    """Do tasks in threads; return what each came to, in order."""
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, tasks))


def adjustments(ids, number):
    """So many random adjustments, each a request that is sent once or more, at once or later."""
    dice = random.Random(SEED)
    requests = []
    for _ in range(number):
        request = (dice.choice(ids), dice.choice([-1700, -70, -3, -1, 2, 65]), str(uuid.uuid4()))
        requests += [request] * dice.choice([1, 1, 2, 3])
    for _ in range(len(requests) // 4):
        # The others stay beside their repetitions and meet them in flight.
        one, other = dice.randrange(len(requests)), dice.randrange(len(requests))
        requests[one], requests[other] = requests[other], requests[one]
    return requests


@pytest.mark.parametrize(("items", "number"), [(5, 100), pytest.param(50, 10_000, marks=LONG)])
def test_each_adjustment_has_one_effect_however_often_it_is_sent(call, items, number):
    counts = dict.fromkeys(create(call, items), FULL["count"])
    requests = adjustments(list(counts), number)

    def send(request):
        item_id, delta, key = request
        path = f"/v1/items/{item_id}/adjust"
        # A busy machine may be late, and a client sends its request again then.
        for tries in itertools.count(1):
            status, headers, answer = call("POST", path, {"delta": delta}, Idempotency_Key=key)
            if status != 503:
                return status, answer, headers.get("Idempotency-Replayed"), tries

    answers = {}
    for request, answer in zip(requests, at_once(send, requests), strict=True):
        answers.setdefault(request, []).append(answer)
    for (item_id, delta, _), given in answers.items():
        (status,) = {status for status, *_ in given}
        assert status in (200, 409)
        assert all(answer == given[0][1] for _, answer, *_ in given)
        # A try that got no answer may be the one that had the effect.
        first = [replayed for *_, replayed, _ in given].count(None)
        assert first == 1 or (first == 0 and any(tries > 1 for *_, tries in given))
        counts[item_id] += delta if status == 200 else 0
    stored = at_once(lambda item_id: call("GET", f"/v1/items/{item_id}")[2]["count"], counts)
    assert stored == list(counts.values())


@pytest.mark.parametrize("races", [24, pytest.param(1000, marks=LONG)])
def test_one_of_two_writers_with_one_etag_wins(call, races):
    (item_id,) = create(call, 1)
    path = f"/v1/items/{item_id}"
    start = threading.Barrier(2, timeout=60)

    def write(task):
        etag, count = task
        start.wait()
        status, _, answer = call("PATCH", path, {"count": count}, If_Match=etag)
        return status, answer

    with ThreadPoolExecutor(2) as writers:
        for race in range(races):
            etag = call("GET", path)[1]["ETag"]
            answers = list(writers.map(write, [(etag, 2 * race), (etag, 2 * race + 1)]))
            assert sorted(status for status, _ in answers) == [200, 412]
            (won,) = [answer for status, answer in answers if status == 200]
            assert call("GET", path)[2] == won


def test_answer_to_a_change_shows_that_change_whatever_others_do(call):
    (item_id,) = create(call, 1)

    def change(count):
        return call("PATCH", f"/v1/items/{item_id}", {"count": count})[2]["count"]

    assert at_once(change, range(300)) == list(range(300))


def test_answers_to_adjustments_without_a_key_show_each_count_once(call):
    (item_id,) = create(call, 1)

    def take(_):
        return call("POST", f"/v1/items/{item_id}/adjust", {"delta": -1})[2]["count"]

    assert sorted(at_once(take, range(300))) == list(range(700, 1000))

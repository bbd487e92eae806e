"""Many clients change the same items at once, through a service with two workers.

`make soak-stock` runs this at full size; its figures are in docs/benchmarks/stock.md.
"""

import http.client
import json
import os
import random
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings
from django.db import connection

from tests.support.accounts import basic
from tests.support.service import Service

ADJUSTMENTS = int(os.environ.get("ADJUSTMENTS", 100))
ITEMS = int(os.environ.get("ITEMS", 5))
RACES = int(os.environ.get("RACES", 24))
SEED = int(os.environ.get("SEED", 7))
CLIENTS = 16
NEW = {"name": "Saw", "category": "tools", "count": 1000, "price": 12.5}


class Api:
    """The service's API, with one connection for each thread."""

    def __init__(self, url):
        self.address = url.removeprefix("http://")
        self.local = threading.local()
        self.connections = []
        self.headers = {
            "Authorization": basic("tester", settings.SECRETS["service_pwd"].value),
            "Content-Type": "application/json",
        }

    def __call__(self, method, path, body=None, **headers):
        """Return the status, the headers and the JSON of an answer."""
        if not hasattr(self.local, "connection"):
            self.local.connection = http.client.HTTPConnection(self.address, timeout=60)
            self.connections.append(self.local.connection)
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.local.connection.request(
            method, path, json.dumps(body) if body else None, self.headers | headers
        )
        answer = self.local.connection.getresponse()
        return answer.status, answer.headers, json.loads(answer.read() or "null")


@pytest.fixture(scope="module")
def service():
    """A service with two workers and a database of its own."""
    name = f"{connection.settings_dict['NAME']}_races"
    with Service(
        "serve",
        MONGO_URL=os.environ["MONGO_URL"],
        MONGO_DB=name,
        WORKERS="2",
        # What a password costs is not what is raced for here.
        DJANGO_SETTINGS_MODULE="tests.settings",
    ) as running:
        running.wait_until_up()
        yield running
    connection.database.client.drop_database(name)


@pytest.fixture
def api(service):
    """Connections of the test's own: the service closes those that are idle for long."""
    api = Api(service.url)
    yield api
    for opened in api.connections:
        opened.close()


def create(api, number):
    """Create items; return their ids."""
    return [row["item"]["id"] for row in api("POST", "/v1/items/bulk", [NEW] * number)[2]]


def at_once(work, tasks, threads=CLIENTS):
    """Do tasks in threads; return what each came to, in order."""
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, tasks))


def adjustments(ids):
    """Adjustments at random, each a request that is sent once or more, at once or later."""
    dice = random.Random(SEED)
    requests = []
    for _ in range(ADJUSTMENTS):
        request = (dice.choice(ids), dice.choice([-1700, -70, -3, -1, 2, 65]), str(uuid.uuid4()))
        requests += [request] * dice.choice([1, 1, 2, 3])
    for _ in range(len(requests) // 4):
        # The others stay beside their repetitions, and meet them in flight.
        one, other = dice.randrange(len(requests)), dice.randrange(len(requests))
        requests[one], requests[other] = requests[other], requests[one]
    return requests


def test_each_adjustment_has_one_effect_however_often_it_is_sent(api):
    counts = dict.fromkeys(create(api, ITEMS), NEW["count"])
    requests = adjustments(list(counts))

    def send(request):
        item_id, delta, key = request
        path = f"/v1/items/{item_id}/adjust"
        status, headers, answer = api("POST", path, {"delta": delta}, Idempotency_Key=key)
        return status, answer, headers.get("Idempotency-Replayed")

    answers = {}
    for request, answer in zip(requests, at_once(send, requests), strict=True):
        answers.setdefault(request, []).append(answer)
    for (item_id, delta, _), given in answers.items():
        (status,) = {status for status, _, _ in given}
        assert status in (200, 409)
        assert all(answer == given[0][1] for _, answer, _ in given)
        assert [replayed for _, _, replayed in given].count(None) == 1
        counts[item_id] += delta if status == 200 else 0
    stored = at_once(lambda item_id: api("GET", f"/v1/items/{item_id}")[2]["count"], counts)
    assert stored == list(counts.values())


def test_one_of_two_writers_with_one_etag_wins(api):
    (item_id,) = create(api, 1)
    path = f"/v1/items/{item_id}"
    start = threading.Barrier(2, timeout=60)

    def write(task):
        etag, count = task
        start.wait()
        status, _, answer = api("PATCH", path, {"count": count}, If_Match=etag)
        return status, answer

    with ThreadPoolExecutor(2) as writers:
        for race in range(RACES):
            etag = api("GET", path)[1]["ETag"]
            answers = list(writers.map(write, [(etag, 2 * race), (etag, 2 * race + 1)]))
            assert sorted(status for status, _ in answers) == [200, 412]
            (won,) = [answer for status, answer in answers if status == 200]
            assert api("GET", path)[2] == won

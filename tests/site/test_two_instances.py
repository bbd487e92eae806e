"""Two instances on one database are one service: no process holds state that matters."""

import os
import re
import uuid

import pymongo
import pytest
from django.conf import settings

from tests.examples import SENT
from tests.support.accounts import AUTHORIZATION, NEW, basic
from tests.support.service import Service, wait_for

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def environ(worker_id):
    """The configuration of both; their database is dropped at the end."""
    name = f"test_two_instances_{worker_id}"
    names = {"MONGO_URL": os.environ["MONGO_URL"], "MONGO_DB": name, "WORKERS": "1"}
    yield {**names, "AUTH_CACHE_SECONDS": "1"}
    with pymongo.MongoClient(os.environ["MONGO_URL"]) as client:
        client.drop_database(name)


@pytest.fixture(scope="module")
def one(environ):
    with Service("serve", **environ) as service:
        yield service


@pytest.fixture(scope="module")
def other(environ, one):
    """Started at the same time: both migrate and seed."""
    with Service("serve", **environ) as service:
        one.wait_until_up()
        service.wait_until_up()
        yield service


@pytest.fixture
def item(one, other):
    status, headers, item = one.call("POST", "/v1/items", SENT, **AUTHORIZATION)
    assert status == 201
    return item | {"path": f"/v1/items/{item['id']}", "etag": headers["ETag"]}


def manage(environ, *arguments, **more):
    with Service(*arguments, **{**environ, **more}) as command:
        assert command.process.wait(timeout=60) == 0, command.output()


def test_what_one_wrote_the_other_reads_at_once(other, item):
    status, headers, read = other.call("GET", item["path"], **AUTHORIZATION)
    assert (status, headers["ETag"], read["count"]) == (200, item["etag"], SENT["count"])


def test_etag_of_one_is_current_for_the_other(other, item):
    headers = {**AUTHORIZATION, "If_None_Match": item["etag"]}
    assert other.call("GET", item["path"], **headers)[0] == 304


def test_change_by_one_is_a_412_to_whoever_has_the_etag_of_the_other(one, other, item):
    headers = {**AUTHORIZATION, "If_Match": item["etag"]}
    assert one.call("PATCH", item["path"], {"count": 1}, **headers)[0] == 200
    assert other.call("PATCH", item["path"], {"count": 2}, **headers)[0] == 412


def test_idempotency_key_counts_once_whichever_is_asked(one, other, item):
    headers = {**AUTHORIZATION, "Idempotency_Key": str(uuid.uuid4())}
    answers = [
        service.call("POST", f"{item['path']}/adjust", {"delta": -3}, **headers)
        for service in (one, other)
    ]
    assert [(status, adjusted["count"]) for status, _, adjusted in answers] == [(200, 17)] * 2
    assert "Idempotency-Replayed" in answers[1][1]


def test_cursors_lead_through_both_in_turns(one, other, item):
    for _ in range(4):
        one.call("POST", "/v1/items", SENT, **AUTHORIZATION)
    path, seen = "/v1/items?ordering=-price&limit=1", []
    for service in [one, other] * 20:
        _, headers, page = service.call("GET", path, **AUTHORIZATION)
        seen += [found["id"] for found in page]
        if "Link" not in headers:
            break
        path = re.search(r"<http://[^/]+(/[^>]+)>", headers["Link"])[1]
    assert len(seen) == len(set(seen)) > 4
    every = other.call("GET", "/v1/items?limit=100", **AUTHORIZATION)[2]
    assert set(seen) == {found["id"] for found in every}


def test_rotation_reaches_both_and_its_grace_holds_for_both(environ, one, other):
    new = {"Authorization": basic(settings.SERVICE_USER, NEW)}

    def statuses(header):
        return [service.call("GET", "/v1/items?limit=1", **header)[0] for service in (one, other)]

    manage(environ, "seed_service_user", "--grace", "1h", SERVICE_PWD=NEW)
    wait_for(lambda: statuses(new) == [200, 200])
    assert statuses(AUTHORIZATION) == [200, 200]
    manage(environ, "seed_service_user", "--end-grace", SERVICE_PWD=NEW)
    wait_for(lambda: statuses(AUTHORIZATION) == [401, 401])
    assert statuses(new) == [200, 200]
    # As it was, for the tests that come after this one.
    manage(environ, "seed_service_user")
    wait_for(lambda: statuses(AUTHORIZATION) == [200, 200])

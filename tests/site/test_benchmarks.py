"""The benchmarks count right answers only."""

import os
import subprocess
from itertools import repeat

import pymongo
import pytest

from benchmarks.contest import Contest
from benchmarks.load import load
from benchmarks.operations import ITEMS, ONE, OPERATIONS, PATH, message
from benchmarks.pace import Request, paced
from benchmarks.sides import service
from tests.support.service import PROJECT


@pytest.fixture(scope="module")
def contest(worker_id):
    database = f"bench_test_{worker_id}"
    with pymongo.MongoClient(os.environ["MONGO_URL"]) as client:
        with service(MONGO_DB=database) as side:
            yield Contest(client, [side], seconds=0.2, rounds=1)
        client.drop_database(database)


@pytest.fixture
def items(contest):
    collection = contest.items[contest.sides[0].database]
    yield collection
    contest.fill(ITEMS)


def test_service_is_verified(contest):
    contest.verify()


@pytest.mark.parametrize("change", [{"price": 0.01}, {"category": "other"}, {"name": "Another"}])
def test_wrong_answer_ends_the_run_and_is_shown(contest, items, change):
    items.update_one({"_id": ONE["_id"]}, {"$set": change})
    with pytest.raises(SystemExit, match=r"this answers PUT /v1/items/.* instead of 200"):
        contest.verify()


def test_missing_item_ends_the_run(contest, items):
    items.delete_one({"_id": {"$ne": ONE["_id"]}})
    with pytest.raises(SystemExit, match="this answers GET /v1/items "):
        contest.verify()


@pytest.mark.long
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_turn_leaves_the_items_that_there_were(contest, items, operation):
    turn = contest.turn(contest.sides[0], operation, 0.2)
    assert 0 < turn.load.percentile(0.5) <= turn.load.percentile(0.99)
    assert items.count_documents({}) == ITEMS


def test_load_ends_at_the_last_request(contest):
    requests = [message("GET", PATH)] * 40
    assert len(load(contest.sides[0].port, requests, 200, 16, 30).times) == 40


def test_load_fails_at_another_status(contest):
    requests = repeat(message("GET", PATH, authorized=False))
    with pytest.raises(RuntimeError, match=r"^HTTP/1.1 401 (.|\s)*Not authenticated"):
        load(contest.sides[0].port, requests, 200, 2, 1)


def test_pace_is_kept_whatever_could_be_answered(contest):
    requests = repeat(Request(message("GET", PATH), 200))
    found = paced(contest.sides[0].port, requests, rate=40, connections=4, seconds=0.5)
    assert len(found.times) == 20
    assert not found.errors


def test_pace_counts_each_other_status(contest):
    requests = repeat(Request(message("GET", PATH, authorized=False), 200))
    found = paced(contest.sides[0].port, requests, rate=20, connections=2, seconds=0.25)
    assert found.errors == {"401 for 200": 5}


@pytest.mark.long
@pytest.mark.parametrize("target", ["bench-original", "bench-scale"])
def test_quick_run_prints_its_tables(target):
    command = ["make", target, "QUICK=1"]
    run = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=900)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "| GET id |" in run.stdout

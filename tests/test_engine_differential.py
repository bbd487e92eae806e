"""The ORM on the engine answers as on SQLite, or refuses; it never answers otherwise."""

import pytest
from django.db import transaction

from tests.probes import ENGINE, JUDGE, Tally, make_records, make_tags, store, teach_the_judge
from tests.probes_read import one_collection, several_collections


@pytest.fixture(scope="module", autouse=True)
def judge(database):
    teach_the_judge()


@pytest.fixture
def stored(sqlite):
    """Records, tags, users and groups in both databases."""
    with transaction.atomic(using="sqlite"):
        store(list(make_records()), list(make_tags()))
        for tables in (ENGINE, JUDGE):
            users = [tables.users.create(username=name) for name in "abc"]
            groups = [tables.groups.create(name=name) for name in ("one", "two")]
            users[0].groups.set(groups)
            users[1].groups.set(groups[1:])
        yield
        transaction.set_rollback(True, using="sqlite")


def test_on_one_collection_nothing_is_wrong_and_four_of_five_are_answered(stored, record_property):
    tally = Tally(record_property, "one")
    for name, probe in one_collection().items():
        tally.ask(name, probe)
    tally.close()
    assert tally.share() >= 0.8, tally.refused


def test_over_several_collections_nothing_is_wrong(stored, record_property):
    tally = Tally(record_property, "several")
    for name, probe in several_collections().items():
        tally.ask(name, probe)
    tally.close()

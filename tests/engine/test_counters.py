"""The counters of auto-increments: one a collection, whoever made it and however many ask."""

import threading

import pytest
from bson import ObjectId
from django.db import connection

from djongo_engine.counters import (
    SCHEMA,
    count_on,
    create_counter,
    next_ids,
    raise_counter,
    rename_counter,
    reset_counters,
)

NAME = "counted"


@pytest.fixture
def schema():
    """The collection of counters, without what a test adds."""
    yield connection.database[SCHEMA]
    connection.database[SCHEMA].delete_many({"name": {"$in": [NAME, "renamed"]}})
    connection.database[NAME].drop()


def former(seq, **more):
    """A counter as djongo, and this engine before, made it."""
    return {"_id": ObjectId(), "name": NAME, "auto": {"field_names": ["id"], "seq": seq}, **more}


def counters(schema, name=NAME):
    return {document["_id"]: document["auto"]["seq"] for document in schema.find({"name": name})}


def take(count=1):
    return list(next_ids(connection.database, NAME, "id", count))


def in_threads(number, call):
    """Call in that many threads at once; return what came out."""
    start = threading.Barrier(number)

    def together():
        start.wait()
        results.append(call())

    results = []
    threads = [threading.Thread(target=together) for _ in range(number)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    return results


@pytest.mark.parametrize("number", [2, 16])
def test_counter_that_many_ask_for_at_once_is_made_once(schema, number):
    database = connection.database
    for _ in range(10):
        schema.delete_many({"name": NAME})
        taken = in_threads(number, lambda: next_ids(database, NAME, "id", 2))
        assert sorted(i for ids in taken for i in ids) == list(range(1, 2 * number + 1))
        assert counters(schema) == {NAME: 2 * number}


def test_former_counters_are_taken_over_by_all_who_ask_at_once(schema):
    database = connection.database
    for _ in range(10):
        schema.delete_many({"name": NAME})
        schema.insert_many([former(3), former(40), former(7)])
        taken = in_threads(8, lambda: next_ids(database, NAME, "id", 1))
        assert sorted(i for ids in taken for i in ids) == list(range(41, 49))
        assert counters(schema) == {NAME: 48}


def test_what_djongo_noted_in_a_counter_is_kept(schema):
    fields = {"id": {"type_code": "int"}}
    schema.insert_many([former(5), former(9, fields=fields)])
    assert take() == [10]
    assert schema.find_one({"name": NAME})["fields"] == fields


def test_note_of_djongo_without_a_counter_is_taken_over(schema):
    schema.insert_one({"name": NAME, "fields": {"id": {"type_code": "int"}}})
    assert take() == [1]
    assert schema.find_one({"name": NAME})["fields"] == {"id": {"type_code": "int"}}


def test_former_counter_that_is_behind_the_documents_is_not_believed(schema):
    connection.database[NAME].insert_one({"id": 70})
    schema.insert_one(former(5))
    assert take(2) == [71, 72]


def test_id_that_is_chosen_takes_a_former_counter_over(schema):
    schema.insert_one(former(40))
    raise_counter(connection.database, NAME, "id", 12)
    assert counters(schema) == {NAME: 40}
    raise_counter(connection.database, NAME, "id", 50)
    assert take() == [51]


def test_counting_on_never_goes_back(schema):
    schema.insert_one(former(40))
    connection.database[NAME].insert_one({"id": 7})
    count_on(connection.database, NAME, "id")
    assert counters(schema) == {NAME: 40}
    connection.database[NAME].insert_one({"id": 77})
    count_on(connection.database, NAME, "id")
    assert counters(schema) == {NAME: 77}


def test_new_collection_counts_from_1_whatever_was_left_behind(schema):
    schema.insert_many([former(3), former(4)])
    create_counter(connection.database, NAME, "id")
    assert take() == [1]
    assert counters(schema) == {NAME: 1}


def test_counters_are_reset_whoever_made_them(schema):
    schema.insert_many([former(3), former(4)])
    reset_counters(connection.database, [NAME])
    assert take() == [1]
    reset_counters(connection.database, [NAME])
    assert take() == [1]


@pytest.mark.parametrize("made", ["former", "new"])
def test_rename_takes_the_counter_along(schema, made):
    if made == "former":
        schema.insert_many([former(3), former(8, fields={"id": {}})])
    else:
        take(8)
    rename_counter(connection.database, NAME, "renamed")
    assert (counters(schema), counters(schema, "renamed")) == ({}, {"renamed": 8})


def test_rename_that_was_cut_short_goes_on_and_gives_no_id_again(schema):
    take(8)
    left = schema.find_one({"_id": NAME})
    rename_counter(connection.database, NAME, "renamed")
    schema.insert_one(left)
    next_ids(connection.database, "renamed", "id", 3)
    rename_counter(connection.database, NAME, "renamed")
    assert (counters(schema), counters(schema, "renamed")) == ({}, {"renamed": 11})
    rename_counter(connection.database, NAME, "renamed")
    assert counters(schema, "renamed") == {"renamed": 11}


@pytest.mark.parametrize(
    ("auto", "first"), [({"seq": 4.0}, 5), ({"seq": None}, 1), (None, 1)], ids=str
)
def test_counter_that_a_shell_wrote_is_taken_over(schema, auto, first):
    schema.insert_one({"name": NAME, "auto": auto})
    assert take() == [first]

"""Migrations: from scratch, twice, backwards, and over the original's database."""

import uuid

import pytest
from django.core.management import call_command
from django.db import connection

from accounts.models import User
from items.models import Item
from tests.examples import SENT
from tests.support.database import store


def index_names():
    return set(connection.database["items"].index_information())


def test_from_scratch_twice_and_backwards(empty_database):
    call_command("migrate", verbosity=0)
    call_command("migrate", verbosity=0)
    assert {"items", "accounts_user"} <= set(empty_database.list_collection_names())
    for app in ("items", "accounts", "auth", "contenttypes"):
        call_command("migrate", app, "zero", verbosity=0)
    call_command("migrate", verbosity=0)
    assert User.objects.create_user("a").pk == 1


def test_the_originals_collection_is_adopted_and_never_dropped(empty_database):
    documents = [{"_id": str(uuid.uuid4()), **SENT} for _ in range(3)]
    empty_database["items"].insert_many(documents)
    call_command("migrate", verbosity=0)
    assert index_names() == {"_id_", *(index.name for index in Item._meta.indexes)}
    assert list(empty_database["items"].find()) == documents
    call_command("migrate", "items", "zero", verbosity=0)
    assert index_names() == {"_id_"}
    assert list(empty_database["items"].find()) == documents


def test_nothing_is_printed_by_a_quiet_migration(empty_database, capfd):
    call_command("migrate", verbosity=0)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("number", [500, pytest.param(10_000, marks=pytest.mark.long)])
def test_database_of_the_original_is_served_and_changed(auth_client, number):
    documents = [
        {"_id": str(uuid.uuid4()), **SENT, "name": f"N{n % 97}", "price": n / 4 + 0.25}
        for n in range(number)
    ]
    store(documents)
    page = auth_client.get("/v1/items?limit=300").json()
    assert [item["id"] for item in page] == sorted(d["_id"] for d in documents)[:300]
    found = auth_client.get("/v1/items/?name=n5").json()["selection"]
    assert len(found) == sum(d["name"] == "N5" for d in documents)
    some = documents[number // 2]
    path = f"/v1/items/{some['_id']}"
    assert auth_client.get(path).json()["price"] == some["price"]
    assert auth_client.put(f"{path}?price=7.77").json()["price"] == 7.77
    assert Item.objects.mongo_find_one({"_id": some["_id"]}) == {**some, "price": 7.77}
    assert Item.objects.get(price=7.77).id == uuid.UUID(some["_id"])

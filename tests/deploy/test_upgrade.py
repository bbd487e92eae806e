"""An upgrade of a database that the build before this one made, and the way back.

former_database.json is that database: commit 8c3fdb8 migrated, seeded, and took some requests.
"""

import datetime
from pathlib import Path

import pytest
from bson import json_util
from django.core.management import call_command

from accounts.hashers import SaltedSHA256Hasher
from items.models import Item
from tests.support.accounts import AUTHORIZATION

FORMER = json_util.loads(Path(__file__).with_name("former_database.json").read_text())
HAMMER = "6251fc38-d2b9-4c2e-aecc-1bccb8596a8f"
# What the engine keeps of its own work.
NOTES = {"__locks__", "__migrations__", "__schema__"}


@pytest.fixture
def upgraded(empty_database):
    """That database, with a key that was just stored, after what a start does to it."""
    for name, collection in FORMER.items():
        for index in collection["indexes"]:
            empty_database.command("createIndexes", name, indexes=[index])
        if collection["documents"]:
            empty_database[name].insert_many(collection["documents"])
    now = datetime.datetime.now(datetime.UTC)
    path = "adjustments.0.at"
    assert empty_database["items"].update_one({"_id": HAMMER}, {"$set": {path: now}}).modified_count
    migrate_and_seed()
    return empty_database


@pytest.fixture
def api(upgraded, client):
    """A client of the service on that database."""
    client.credentials(HTTP_AUTHORIZATION=AUTHORIZATION["Authorization"])
    return client


def migrate_and_seed():
    call_command("migrate", verbosity=0)
    call_command("seed_service_user", verbosity=0)


def layout(database):
    """The names of the indexes of each collection."""
    names = set(database.list_collection_names()) - NOTES
    return {name: set(database[name].index_information()) for name in names}


def without_keys(documents):
    return [
        {name: document[name] for name in document if name != "adjustments"}
        for document in documents
    ]


def test_items_are_served_as_they_were(api):
    items = api.get("/v1/items").json()
    stored = without_keys(FORMER["items"]["documents"])
    assert [{"_id": item.pop("id"), **item} for item in items] == stored


def test_service_user_gets_in_by_a_secret_that_is_stored_anew(upgraded):
    (user,) = upgraded["accounts_user"].find()
    assert user["password"].startswith(f"{SaltedSHA256Hasher.algorithm}$")


def test_key_that_was_stored_before_counts_once(api):
    path, headers = f"/v1/items/{HAMMER}/adjust", {"Idempotency-Key": "order 4711"}
    answer = api.post(path, {"delta": -3}, headers=headers)
    assert (answer.status_code, answer.json()["count"]) == (200, 17)
    assert Item.objects.get(id=HAMMER).count == 17


def test_migrating_again_changes_nothing(upgraded):
    before = {name: list(upgraded[name].find()) for name in layout(upgraded)}
    migrate_and_seed()
    assert {name: list(upgraded[name].find()) for name in layout(upgraded)} == before


def test_way_back_gives_the_former_build_its_collections_and_indexes(upgraded):
    """It seeds its own form of the secret at its start."""
    call_command("migrate", "accounts", "0002", verbosity=0)
    former = {
        name: {"_id_", *(index["name"] for index in collection["indexes"])}
        for name, collection in FORMER.items()
        if name not in NOTES
    }
    assert layout(upgraded) == former
    applied = {(row["app"], row["name"]) for row in upgraded["django_migrations"].find()}
    documents = FORMER["django_migrations"]["documents"]
    assert applied == {(row["app"], row["name"]) for row in documents}

"""`manage.py check_items` finds what breaks today's rules."""

import uuid

import pytest
from bson import ObjectId
from django.core.management import call_command
from django.db import connection

from items.models import Item
from tests.examples import SENT


def test_items_of_the_original_are_fine(capsys):
    Item.objects.mongo_insert_many([{"_id": str(uuid.uuid4()), **SENT} for _ in range(3)])
    call_command("check_items")
    assert capsys.readouterr().out == "Checked 3 items: 0 break the rules.\n"


@pytest.mark.parametrize("command", ["check_items", "export_items"])
def test_reading_everything_may_take_longer_than_a_request(capsysbinary, monkeypatch, command):
    Item.objects.mongo_insert_one({"_id": str(uuid.uuid4()), **SENT})
    client = {**connection.settings_dict["CLIENT"], "socketTimeoutMS": 1}
    options = {"format": "csv"} if command == "export_items" else {}
    with monkeypatch.context() as patch:
        patch.setitem(connection.settings_dict, "CLIENT", client)
        connection.close()
        call_command(command, **options)
        connection.close()
    assert b"1 items" in b"".join(capsysbinary.readouterr())


@pytest.mark.parametrize(
    ("fault", "field"),
    [
        ({"price": 0.0}, "price"),
        ({"price": float("nan")}, "price"),
        ({"price": "9.99"}, "price"),
        ({"count": -1}, "count"),
        ({"category": "food"}, "category"),
        ({"name": None}, "name"),
        ({"_id": ObjectId()}, "id"),
        ({"_id": str(uuid.uuid4()).upper()}, "id"),
        ({"_id": "00000000-0000-1000-8000-000000000000"}, "id"),
    ],
)
def test_item_at_fault_is_named_with_its_field(capsys, fault, field):
    document = {"_id": str(uuid.uuid4()), **SENT, **fault}
    Item.objects.mongo_insert_one(document)
    with pytest.raises(SystemExit):
        call_command("check_items")
    line, count = capsys.readouterr().out.splitlines()
    assert line.startswith(f"{document['_id']}: {field}: ")
    assert count == "Checked 1 items: 1 break the rules."

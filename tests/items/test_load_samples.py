"""`manage.py load_samples`: two hundred items that a workshop may have."""

from django.core.management import call_command

from items.models import Item


def names():
    return [item["name"] for item in Item.objects.mongo_find({})]


def test_empty_store_gets_two_hundred_items_by_the_rules(capsys):
    call_command("load_samples")
    assert capsys.readouterr().out == "200 samples added, 0 were there already.\n"
    assert len({name.casefold() for name in names()}) == 200
    call_command("check_items")
    assert "Checked 200 items: 0 break the rules." in capsys.readouterr().out


def test_both_categories_are_there():
    call_command("load_samples")
    assert set(Item.objects.values_list("category", flat=True)) == {"tools", "consumables"}


def test_run_again_it_changes_nothing(capsys):
    call_command("load_samples")
    one = Item.objects.mongo_find_one({})
    Item.objects.change(one["_id"], {"count": 12_345})
    Item.objects.remove(Item.objects.mongo_find_one({"count": {"$ne": 12_345}})["_id"])
    capsys.readouterr()
    call_command("load_samples")
    assert capsys.readouterr().out == "1 samples added, 199 were there already.\n"
    assert Item.objects.read(one["_id"])["count"] == 12_345


def test_name_that_two_items_have_is_there():
    call_command("load_samples")
    name = names()[0]
    Item.objects.mongo_insert_one({"_id": "x", "name": name.upper()})
    call_command("load_samples")
    assert len(names()) == 201

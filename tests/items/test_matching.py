"""An edited list comes back: it changes the items that it is about, and doubles none."""

import itertools
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from items.models import Item
from tests.examples import ID, OTHER_ID, STORED

HEADER = "name,category,count,price\n"
HAMMER = {**STORED, "shelf": "B2"}
THIRD_ID = "ffffffff-0000-4000-8000-000000000000"


@pytest.fixture
def hammer():
    """An item with a field that the service does not know."""
    Item.objects.mongo_insert_one(dict(HAMMER))


@pytest.fixture
def load(tmp_path, capsys):
    """Import the text of a CSV; return the exit code, and what went to stdout and stderr."""

    def load(text, *options, name="list.csv"):
        path = tmp_path / name
        path.write_text(text)
        code = 0
        try:
            call_command("import_items", str(path), *options)
        except SystemExit as end:
            code = end.code
        return code, *capsys.readouterr()

    return load


def documents():
    return sorted(Item.objects.mongo_find({}), key=lambda document: document["_id"])


def reasons(tmp_path):
    return (tmp_path / "list.csv.rejects.csv").read_text()


# By name


def test_edited_list_without_ids_changes_the_items_of_its_names(load, hammer):
    code, _, said = load(f"{HEADER}Hammer,tools,25,9.99\nSaw,tools,1,1\n", "--match=name")
    assert code == 0
    assert "1 added, 1 changed, 0 unchanged" in said
    assert Item.objects.mongo_find_one({"_id": ID}) == {**HAMMER, "count": 25}
    assert len(documents()) == 2


def test_list_that_is_imported_again_changes_nothing(load):
    text = f"{HEADER}Hammer,tools,25,9.99\nSaw,tools,1,1\n"
    load(text, "--match=name")
    before = documents()
    assert "0 added, 0 changed, 2 unchanged" in load(text, "--match=name")[2]
    assert documents() == before


NAMES = ["Säge", "SÄGE", "säge", "Sage", "sa\u0308ge", "Straße", "STRASSE", "STRAẞE", "straße"]
NAMES += [
    "Kelvin \u212a",
    "kelvin k",
    "µ",
    "μ",
    "a.c",
    "abc",
    ".*",
    " a",
    "a",
    "É",
    "é",
    "e",
    "Ωmega",
]
NAMES += ["ωmega", "Σ", "ς", "σ", "ﬁ", "fi", "ı", "I", "i", "x\ny", "X\nY"]


# One of each kind; `make test-long` stores the others too.
KINDS = {"Säge", "sa\u0308ge", "STRASSE", "Kelvin \u212a", "µ", ".*", " a", "É", "Ωmega", "ς", "ﬁ"}
KINDS |= {"ı", "x\ny"}


@pytest.mark.parametrize(
    "stored",
    [name if name in KINDS else pytest.param(name, marks=pytest.mark.long) for name in NAMES],
)
@pytest.mark.parametrize("at_once", [True, False], ids=["all-names", "looked-up"])
def test_names_are_one_where_the_api_finds_one_by_the_other(
    stored, at_once, auth_client, load, monkeypatch
):
    if not at_once:
        monkeypatch.setattr("items.transfer.matching.MAX_NAMES_AT_ONCE", -1)
    Item.objects.mongo_insert_one({**STORED, "name": stored})
    for name in NAMES:
        found = auth_client.get("/v1/items/", {"name": name}).json()["selection"]
        row = json.dumps({"name": name, "category": "tools", "count": 1, "price": 1})
        _, shown, _ = load(f"{row}\n", "--match=name", "--dry-run", name="one.ndjson")
        assert ("changed" in shown) == bool(found), name


@pytest.mark.parametrize("at_once", [50_000, 1])
def test_name_that_two_items_have_is_refused_and_named(load, tmp_path, monkeypatch, at_once):
    monkeypatch.setattr("items.transfer.matching.MAX_NAMES_AT_ONCE", at_once)
    Item.objects.mongo_insert_many([dict(STORED), {**STORED, "_id": OTHER_ID, "name": "HAMMER"}])
    before = documents()
    code, _, _ = load(f"{HEADER}Hammer,tools,25,9.99\nSaw,tools,1,1\n", "--match=name")
    assert code == 1
    assert "2,name: 2 items are named 'Hammer'." in reasons(tmp_path)
    assert [document for document in documents() if document["name"] != "Saw"] == before


def test_name_that_two_rows_have_is_refused_and_named(load, tmp_path, monkeypatch):
    monkeypatch.setattr("items.transfer.imports.BATCH_ROWS", 2)
    code, _, said = load(
        f"{HEADER}Saw,tools,1,1\nsaw,tools,2,1\nAxe,tools,1,1\nSAW,tools,3,1\n", "--match=name"
    )
    assert (code, "2 added" in said, "2 rejected" in said) == (1, True, True)
    assert "3,\"name: Line 2 has 'saw', too.\"" in reasons(tmp_path)
    assert "5,\"name: Line 2 has 'SAW', too.\"" in reasons(tmp_path)
    assert [document["count"] for document in documents() if document["name"] == "Saw"] == [1]


def test_id_of_another_item_is_refused(load, hammer, tmp_path):
    Item.objects.mongo_insert_one({**STORED, "_id": OTHER_ID, "name": "Saw"})
    before = documents()
    rows = f"{OTHER_ID},Hammer,tools,1,1\n{OTHER_ID},Nail,tools,1,1\n"
    assert load(f"id,{HEADER}{rows}", "--match=name")[0] == 1
    assert f"2,id: The item named 'Hammer' is {ID}." in reasons(tmp_path)
    assert "3,id: Is that of 'Saw'." in reasons(tmp_path)
    assert documents() == before


def test_new_name_keeps_the_id_of_its_row(load):
    load(f"id,{HEADER}{THIRD_ID},Nail,tools,1,1\n", "--match=name")
    assert [document["_id"] for document in documents()] == [THIRD_ID]


def test_skip_leaves_the_item_of_that_name(load, hammer):
    said = load(f"{HEADER}hammer,tools,1,1\n", "--match=name", "--on-conflict=skip")[2]
    assert "0 added, 0 changed, 0 unchanged, 1 skipped" in said
    assert documents() == [HAMMER]


def test_standard_input_needs_no_name(load, tmp_path):
    assert load(f"{HEADER}Saw,tools,1,1\n", "--match=name", "--name=")[0] == 0


# Without a choice


@pytest.mark.parametrize("at_once", [50_000, -1])
@pytest.mark.parametrize("name", ["Hammer", "HAMMER"])
def test_list_without_ids_whose_names_are_there_asks(load, hammer, monkeypatch, name, at_once):
    monkeypatch.setattr("items.transfer.matching.MAX_NAMES_AT_ONCE", at_once)
    with pytest.raises(CommandError) as error:
        load(f"{HEADER}Saw,tools,1,1\n{name},tools,25,9.99\n")
    assert error.value.returncode == 2
    said = str(error.value)
    assert f"Line 3: an item named '{name}' is there already, and the row has no id." in said
    assert "--match=name" in said
    assert "--match=id" in said
    assert documents() == [HAMMER]


def test_match_id_adds_another_of_the_name(load, hammer):
    assert load(f"{HEADER}Hammer,tools,25,9.99\n", "--match=id")[0] == 0
    assert [document["name"] for document in documents()] == ["Hammer", "Hammer"]


def test_accent_makes_it_another_name(load, hammer):
    assert load(f"{HEADER}Hämmer,tools,25,9.99\n")[0] == 0
    assert len(documents()) == 2


@pytest.mark.parametrize("at_once", [50_000, -1])
def test_name_may_stand_in_many_rows_of_a_first_import(load, monkeypatch, at_once):
    monkeypatch.setattr("items.transfer.matching.MAX_NAMES_AT_ONCE", at_once)
    monkeypatch.setattr("items.transfer.imports.BATCH_ROWS", 2)
    assert load(HEADER + "Saw,tools,1,1\n" * 5)[0] == 0
    assert len(documents()) == 5


def test_import_that_was_stopped_goes_on_without_a_question(load):
    rows = [f"Item {n},tools,1,1\n" for n in range(4)]
    load(HEADER + "".join(rows[:2]))
    assert "2 added" in load(HEADER + "".join(rows), "--on-conflict=skip")[2]


def test_row_with_an_id_is_about_the_item_of_its_id(load, hammer):
    said = load(f"id,{HEADER}{OTHER_ID},Hammer,tools,1,1\n")[2]
    assert "1 added" in said


# What would happen

EDITED = (
    f"id,{HEADER}{ID},Hammer,tools,25,10.5\n{OTHER_ID},Saw,tools,1,1\n,Nail,consumables,1,1\n"
    ",,tools,1,1\n"
)


def test_dry_run_shows_new_changed_unchanged_and_refused(load, hammer):
    Item.objects.mongo_insert_one(
        {"_id": OTHER_ID, "name": "Saw", "category": "tools", "count": 1, "price": 1.0}
    )
    before = documents()
    code, shown, said = load(EDITED, "--dry-run", "--on-conflict=update")
    assert code == 1
    assert shown.splitlines() == [
        "Line 5: refused, name: This field is required.",
        "Line 2: changed 'Hammer': count 20 -> 25, price 9.99 -> 10.5",
        "Line 4: new 'Nail'",
    ]
    assert "Dry run, nothing is stored: 4 rows read: 1 added, 1 changed, 1 unchanged, 0" in said
    assert documents() == before


@pytest.mark.parametrize("match", ["id", "name"])
def test_dry_run_counts_what_the_import_then_does(load, match):
    rows = [f"{name},tools,{count},1\n" for name, count in itertools.product("abc", (1, 2))]
    Item.objects.mongo_insert_one({**STORED, "name": "a"})
    options = [f"--match={match}", "--on-conflict=update"]
    promised = load(HEADER + "".join(rows), "--dry-run", *options)[2]
    done = load(HEADER + "".join(rows), *options)[2]
    assert promised.splitlines()[0] == "Dry run, nothing is stored: " + done.splitlines()[0]


def test_dry_run_knows_of_the_rows_before(load):
    rows = f"{ID},Hammer,tools,1,1\n{ID},Hammer,tools,2,1\n{ID},Hammer,tools,2,1\n"
    shown = load(f"id,{HEADER}{rows}", "--dry-run", "--on-conflict=update")[1]
    assert shown.splitlines() == ["Line 2: new 'Hammer'", "Line 3: changed 'Hammer': count 1 -> 2"]


def test_dry_run_shows_no_control_characters(load):
    row = json.dumps({"name": "\x1b[2Jx", "category": "\x1b[2J", "count": 1, "price": 1})
    _, shown, said = load(f"{row}\n", "--dry-run", name="list.ndjson")
    assert "\x1b" not in shown + said


def test_dry_run_writes_the_rejects_as_the_import_does(load, tmp_path):
    load(f"{HEADER},tools,1,1\n", "--dry-run")
    assert Path(tmp_path / "list.csv.rejects.csv").exists()

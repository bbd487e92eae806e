"""`manage.py import_items` and `export_items`: in and out by file."""

import contextlib
import csv
import gzip
import io
import itertools
import json
import os
import signal
import subprocess
import sys
import termios
import uuid
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection

from items.models import Item
from items.transfer.lines import Lines
from items.transfer.reader import read_rows
from items.transfer.rows import MAX_ROW_BYTES, Bounds, Reading
from tests.examples import CSV_HEADER, CSV_ROW, ID, OTHER_ID, STORED
from tests.support.service import PROJECT

HEADER = f"{CSV_HEADER}\n"
HAMMER = f"{CSV_ROW}\n"


@pytest.fixture
def file(tmp_path):
    """Write a file of this content, and return its path."""

    def write(content, name="items.csv"):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    return write


def load(path, *options):
    """Import; return the exit code."""
    try:
        call_command("import_items", path, *options)
    except SystemExit as end:
        return end.code
    return 0


def documents():
    return sorted(Item.objects.mongo_find({}), key=lambda document: document["_id"])


def rejected(path):
    with Path(f"{path}.rejects.csv").open(newline="", errors="surrogateescape") as stream:
        return [(int(row["line"]), row["reason"], row["row"]) for row in csv.DictReader(stream)]


# What is read


@pytest.mark.parametrize(
    "content",
    [
        HEADER + HAMMER,
        (HEADER + HAMMER).rstrip(),
        (HEADER + HAMMER).replace("\n", "\r\n"),
        "\ufeff" + HEADER + "\n" + HAMMER,
        f'price,count,id,category,name\n9.990,020,"{ID.upper()}",tools,"Hammer"\n',
        f'\n{{"id":"{ID}","name":"Hammer","category":"tools","count":20,"price":9.99}}\n\n',
    ],
    ids=["csv", "no-end", "crlf", "bom", "any-order", "ndjson"],
)
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_item_is_stored_as_the_original_does(file, content, packed):
    data = content.encode()
    assert load(file(gzip.compress(data, mtime=0) if packed else data)) == 0
    assert documents() == [STORED]
    assert type(documents()[0]["price"]) is float


def test_standard_input(monkeypatch):
    stream = io.BufferedReader(io.BytesIO((HEADER + HAMMER).encode()))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(stream))
    assert load("-") == 0
    assert documents() == [STORED]


def test_name_is_kept_as_it_is(file):
    name = " =1+1\r\n\"quoted\", 'and' 💩\t"
    cell = '"' + name.replace('"', '""') + '"'
    assert load(file(f"{HEADER}{ID},{cell},tools,1,1\n")) == 0
    assert documents()[0]["name"] == name


# What is refused

GOOD = f"{OTHER_ID},Saw,tools,3,12.5\n"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (f"{ID},,tools,1,1", "name: "),
        (f"{ID},{'x' * 101},tools,1,1", "name: "),
        (f"{ID},a\0b,tools,1,1", "name: Null characters"),
        (f"{ID},a,food,1,1", "category: "),
        (f"{ID},a,tools,1_0,1", "count: "),
        (f"{ID},a,tools,٣,1", "count: "),
        (f"{ID},a,tools, 3,1", "count: "),
        (f"{ID},a,tools,,1", "count: "),
        (f"{ID},a,tools,1.5,1", "count: "),
        (f"{ID},a,tools,1,NaN", "price: "),
        (f"{ID},a,tools,1,0.00001", "price: "),
        (f"{ID},a,tools,-1,-1", "count: Ensure this value is greater than or equal to 0.; price: "),
        ("5,a,tools,1,1", "id: "),
        (
            "00000000-0000-1000-8000-000000000000,a,tools,1,1",
            "id: Must be a UUID of version 4 or 7.",
        ),
        (f"{ID},a,tools,1", "Has 4 columns, not 5."),
        (f"{ID},a,tools,1,1,1", "Has 6 columns, not 5."),
        (f'{ID},"a"b,tools,1,1', "Not CSV: "),
        (f"{ID},a\rb,tools,1,1", "Not CSV: "),
        (f"{ID},\xff\udcff,tools,1,1", "Not UTF-8."),
    ],
    ids=lambda text: repr(text[-24:]),
)
def test_row_at_fault_is_listed_as_it_came_and_the_others_go_in(file, capsys, row, reason):
    content = (HEADER + HAMMER + row + "\n" + GOOD).encode(errors="surrogateescape")
    path = file(content)
    assert load(path) == 1
    assert {document["_id"] for document in documents()} == {OTHER_ID, ID}
    [(line, why, text)] = rejected(path)
    assert (line, text) == (3, row)
    assert why.startswith(reason)
    assert (
        "3 rows read: 2 added, 0 changed, 0 unchanged, 0 skipped, 1 rejected."
        in capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("{", "Not JSON: "),
        ("null", "This field may not be null."),
        ("5", "Invalid data. Expected a dictionary"),
        ('{"a":1,"a":2}', 'The key "a" is given twice.'),
        ('{"name":"\\ud83d"}', "A string holds half of a surrogate pair."),
        (f'{{"id":"{ID}","name":"a","category":"tools","count":"1","price":1}}', "count: "),
        (f'{{"id":"{ID}","name":"a","category":"tools","count":1,"price":1,"x":1}}', "x: Unknown"),
    ],
)
def test_ndjson_is_as_strict_as_the_api(file, row, reason):
    good = json.dumps({"id": OTHER_ID, "name": "Saw", "category": "tools", "count": 3, "price": 1})
    path = file(f"{good}\n{row}\n", "items.ndjson")
    assert load(path) == 1
    [(line, why, text)] = rejected(path)
    assert (line, text, why.startswith(reason)) == (2, row, True)
    assert [document["_id"] for document in documents()] == [OTHER_ID]


def test_line_number_is_where_the_row_starts(file):
    path = file(f'{HEADER}{ID},"a\nb\nc",tools,1,1\nx,"d\ne",tools,1,1\ny,f,tools,1,1\n')
    assert load(path) == 1
    assert [(line, text) for line, _, text in rejected(path)] == [
        (5, 'x,"d\ne",tools,1,1'),
        (7, "y,f,tools,1,1"),
    ]


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_line_over_the_limit_is_cut_and_rejected(file, packed):
    data = f"{HEADER}{ID},{'x' * 2 * MAX_ROW_BYTES},tools,1,1\n{HAMMER}".encode()
    path = file(gzip.compress(data, mtime=0) if packed else data)
    assert load(path) == 1
    # csv's own limit on a field is the reader's, not that of the reader of rejects.
    text = Path(f"{path}.rejects.csv").read_text()
    assert text.splitlines()[1].startswith(f"2,Longer than {MAX_ROW_BYTES} bytes")
    assert len(text) < 1.1 * MAX_ROW_BYTES
    assert documents() == [STORED]


def test_quote_that_never_closes_does_not_fill_the_memory():
    lines = [HEADER.encode(), b'1,"'] + [b"x" * 1000 + b"\n"] * 1000
    rows = list(read_rows(io.BytesIO(b"".join(lines)), Reading(), lambda text: None))
    assert all(len(row.text) < 200_000 for row in rows)
    assert rows[0].fault.startswith("Not CSV: field larger than field limit")


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("name,category,count\n", "lacks price"),
        ("name,category,count,price,name\n", "twice"),
        (gzip.compress(HEADER.encode(), mtime=0)[:12], "ends early"),
        (b"\x1f\x8b" + HEADER.encode(), "cannot be unpacked"),
    ],
)
def test_file_at_fault_is_named_in_a_line(file, content, fault):
    path = file(content)
    with pytest.raises(CommandError) as error:
        load(path)
    assert str(error.value).startswith(path)
    assert fault in str(error.value)


def test_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(CommandError, match=r"nowhere\.csv.*No such file"):
        load(str(tmp_path / "nowhere.csv"))


def test_gzip_that_breaks_off_says_how_many_rows_were_read(file):
    rows = "".join(f"{uuid.uuid4()},Saw,food,1,1\n" for _ in range(3000))
    packed = gzip.compress((HEADER + rows).encode())
    path = file(packed[:-100])
    with pytest.raises(CommandError, match=r"ends early.* rows read: .*--on-conflict=skip"):
        load(path)
    assert len(rejected(path)) > 1000


def test_rejects_of_an_earlier_run_are_gone(file):
    path = file(HEADER + "x,a,tools,1,1\n")
    assert load(path) == 1
    file(HEADER + HAMMER)
    assert load(path) == 0
    assert rejected(path) == []


def test_import_without_rejects_makes_no_file(file):
    path = file(HEADER + HAMMER)
    assert load(path) == 0
    assert not Path(f"{path}.rejects.csv").exists()


def test_rejects_cannot_be_the_file_itself(file):
    path = file(HEADER + HAMMER)
    with pytest.raises(CommandError, match="--rejects"):
        load(path, "--rejects", path)
    assert Path(path).read_text() == HEADER + HAMMER


# Taken ids


@pytest.fixture
def stored():
    """An item with a field that the service does not know."""
    Item.objects.mongo_insert_one({**STORED, "shelf": "B2"})


SECOND_ID = "ffffffff-0000-4000-8000-000000000000"
THREE = f"{HEADER}{GOOD}{ID},Axe,tools,1,1\n{SECOND_ID},Nail,consumables,1,1\n"


def test_fail_stops_at_the_taken_id(file, stored):
    with pytest.raises(CommandError, match=rf"Line 3: .*{ID}.* 1 added"):
        load(file(THREE))
    assert [document["_id"] for document in documents()] == [OTHER_ID, ID]
    assert documents()[1] == {**STORED, "shelf": "B2"}


def test_skip_leaves_the_stored_item(file, stored, capsys):
    assert load(file(THREE), "--on-conflict=skip") == 0
    assert documents()[1] == {**STORED, "shelf": "B2"}
    assert "2 added, 0 changed, 0 unchanged, 1 skipped" in capsys.readouterr().err


def test_update_sets_the_items_fields_and_no_others(file, stored, capsys):
    assert load(file(THREE), "--on-conflict=update") == 0
    axe = {"_id": ID, "name": "Axe", "category": "tools", "count": 1, "price": 1.0, "shelf": "B2"}
    assert documents()[1] == axe
    assert "2 added, 1 changed, 0 unchanged, 0 skipped" in capsys.readouterr().err


@pytest.mark.parametrize(("choice", "name"), [("skip", "Hammer"), ("update", "Axe")])
def test_of_two_rows_with_one_id_skip_stores_the_first_and_update_the_last(file, choice, name):
    path = file(f"{HEADER}{HAMMER}{ID},Axe,tools,1,1\n")
    assert load(path, f"--on-conflict={choice}") == 0
    assert [document["name"] for document in documents()] == [name]


@pytest.mark.parametrize(
    ("choice", "counts"),
    [
        ("skip", "2 added, 0 changed, 0 unchanged, 1 skipped"),
        ("update", "2 added, 1 changed, 0 unchanged, 0 skipped"),
    ],
)
def test_dry_run_tells_all_and_stores_nothing(file, stored, capsys, choice, counts):
    path = file(f"{THREE}x,a,tools,1,1\n")
    assert load(path, "--dry-run", f"--on-conflict={choice}") == 1
    assert documents() == [{**STORED, "shelf": "B2"}]
    assert counts in capsys.readouterr().err
    assert [line for line, _, _ in rejected(path)] == [5]


def test_dry_run_stops_at_a_taken_id_as_the_import_would(file, stored):
    with pytest.raises(CommandError, match="Line 3"):
        load(file(THREE), "--dry-run")


# Again


NO_IDS = "name,category,count,price\nSaw,tools,1,1\nSaw,tools,1,1\n"


def test_row_without_an_id_is_not_stored_twice(file, capsys):
    path = file(NO_IDS)
    assert load(path) == 0
    assert load(path, "--on-conflict=skip") == 0
    assert "0 added, 0 changed, 0 unchanged, 2 skipped" in capsys.readouterr().err
    ids = [document["_id"] for document in documents()]
    assert len(ids) == 2
    assert all(uuid.UUID(item_id).version == 4 for item_id in ids)


def test_another_file_with_the_same_rows_is_another_delivery(file):
    assert load(file(NO_IDS)) == 0
    assert load(file(NO_IDS, "other.csv"), "--match=id") == 0
    assert len(documents()) == 4


def test_gzipped_file_makes_the_same_ids_as_the_plain_one(file):
    assert load(file(NO_IDS)) == 0
    path = file(gzip.compress(NO_IDS.encode(), mtime=0), "items.csv.gz")
    assert load(path, "--on-conflict=skip") == 0
    assert len(documents()) == 2


def test_standard_input_needs_a_name_for_rows_without_an_id(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    def read(*options):
        stream = io.BufferedReader(io.BytesIO(NO_IDS.encode()))
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(stream))
        return load("-", *options)

    assert read() == 1
    assert "--name" in Path("stdin.rejects.csv").read_text()
    assert read("--name", "monday") == 0
    assert read("--name", "monday", "--on-conflict=skip") == 0
    assert len(documents()) == 2


@pytest.fixture
def interrupted(monkeypatch):
    """Make the third batch of ten end with an error."""
    monkeypatch.setattr("items.transfer.imports.BATCH_ROWS", 10)

    def end_with(error):
        collection = type(Item.objects.collection)
        insert, calls = collection.insert_many, []

        def insert_many(self, *args, **options):
            calls.append(1)
            if len(calls) == 3:
                raise error
            return insert(self, *args, **options)

        monkeypatch.setattr(collection, "insert_many", insert_many)

    return end_with


ROWS = HEADER + "".join(f"{uuid.UUID(int=n + 2**77, version=4)},a,tools,1,1\n" for n in range(35))


def test_ctrl_c_says_what_is_in_and_how_to_go_on(file, interrupted, capsys):
    path = file(ROWS)
    interrupted(KeyboardInterrupt())
    assert load(path) == 130
    said = capsys.readouterr().err
    assert "20 added" in said
    assert "--on-conflict=skip" in said
    assert load(path, "--on-conflict=skip") == 0
    assert Item.objects.mongo_count_documents({}) == 35


def test_database_that_goes_away_says_what_is_in_and_how_to_go_on(file, interrupted):
    interrupted(OperationalError("gone"))
    with pytest.raises(CommandError, match=r"answer: gone.* 20 added.*--on-conflict=skip"):
        load(file(ROWS))


def test_update_that_stops_midway_says_to_go_on_with_update(file, capsys, monkeypatch):
    def upsert(importer, batch):
        raise KeyboardInterrupt

    monkeypatch.setattr("items.transfer.imports.Importer._upsert", upsert)
    assert load(file(ROWS), "--on-conflict=update") == 130
    assert "run it again with --on-conflict=update" in capsys.readouterr().err


def test_without_a_terminal_lines_tell_the_progress(file, capsys, monkeypatch):
    monkeypatch.setattr("items.transfer.imports.BATCH_ROWS", 10)
    monkeypatch.setattr("items.management.progress.PLAIN_LINE_EVERY_ROWS", 10)
    load(file(ROWS))
    lines = capsys.readouterr().err.splitlines()
    assert [line.split()[0] for line in lines] == ["10", "20", "30", "35"]


def command(*arguments, **options):
    """A manage.py command as a process, in this worker's database."""
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT,
        env={**os.environ, "MONGO_DB": connection.settings_dict["NAME"]},
        text=True,
        **options,
    )


def interrupt(process):
    """Press Ctrl-C, and again where nothing happens; return the exit code.

    Python keeps a signal that comes just before it waits in a read until the read has ended.
    """
    for _ in range(3):
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(timeout=10)
    return process.poll()


def test_terminal_sees_a_bar_and_ctrl_c_leaves_no_traceback(file):
    parent, child = os.openpty()
    termios.tcsetwinsize(child, (24, 80))
    reader, writer = os.pipe()
    rejects = ["--rejects", file("", "rejects.csv")]
    with command("import_items", "-", *rejects, stdin=reader, stderr=child) as process:
        os.close(reader)
        os.close(child)
        seen = b""
        with os.fdopen(writer, "wb") as pipe:
            pipe.write((HEADER + "x,Saw,tools,1,1\n" * 1001).encode())
            pipe.flush()
            while b"1000 rows" not in seen:
                seen += os.read(parent, 4096)
            assert interrupt(process) == 130
        seen += os.read(parent, 65_536)
    os.close(parent)
    assert b"rows/s" in seen
    assert b"Interrupted. " in seen
    assert b"Traceback" not in seen


# Out


def export(path, *options):
    call_command("export_items", str(path), *options)


NASTY = ['"', "'", ",", ";", "\r", "\n", "\t", " ", "=1", "+", "-", "@", "\\", "💩", "\ufeff"]
NASTY += ["\x1c", "\u2028", "\x85", "\ufffe", "\ud7ff", "e\u0301", "null", "NaN", "{", "#", "0"]
PRICES = [0.0001, 9.99, 0.1, 999999999.9999, 5.0]


@pytest.mark.parametrize(
    "name",
    [
        "out.csv",
        "out.ndjson",
        pytest.param("out.csv.gz", marks=pytest.mark.long),
        pytest.param("out.jsonl.gz", marks=pytest.mark.long),
    ],
)
def test_export_and_import_give_the_same_items(tmp_path, name):
    texts = NASTY + [a + b for a in NASTY for b in NASTY] + ["".join(NASTY)[:100], "x" * 100]
    Item.objects.mongo_insert_many(
        [
            {**STORED, "_id": str(uuid.uuid4()), "name": text, "price": price}
            for text, price in zip(texts, itertools.cycle(PRICES), strict=False)
        ]
    )
    before = documents()
    export(tmp_path / name)
    Item.objects.mongo_delete_many({})
    assert load(str(tmp_path / name)) == 0
    assert documents() == before


def test_export_is_in_the_order_of_ids_and_escapes_nothing(tmp_path):
    Item.objects.mongo_insert_many([{**STORED, "name": "=1+1"}, {**STORED, "_id": OTHER_ID}])
    export(tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text() == (
        f"{HEADER}{HAMMER.replace(ID, OTHER_ID)}{HAMMER.replace('Hammer', '=1+1')}"
    )


def test_export_to_standard_output(capsysbinary, stored):
    export("-", "--format=ndjson")
    said = capsysbinary.readouterr()
    assert json.loads(said.out) == {"id": ID, **{k: v for k, v in STORED.items() if k != "_id"}}
    assert said.err == b"1 items exported.\n"


def test_export_to_standard_output_needs_a_format():
    with pytest.raises(CommandError, match="--format"):
        export("-")


def test_broken_items_are_exported_as_they_are_and_counted(tmp_path, capsys):
    broken = {"_id": ID, "name": "Hammer", "price": "9.99"}
    Item.objects.mongo_insert_many([broken, {**STORED, "_id": OTHER_ID}])
    export(tmp_path / "out.csv")
    assert f"\n{ID},Hammer,,,9.99\n" in (tmp_path / "out.csv").read_text()
    assert "1 of them break today's rules" in capsys.readouterr().err


@pytest.mark.parametrize("error", [OperationalError("gone"), KeyboardInterrupt(), OSError("full")])
def test_export_that_breaks_off_leaves_the_file_as_it_was(tmp_path, monkeypatch, stored, error):
    def fault_of(self, document):
        raise error

    (tmp_path / "out.csv").write_text("before")
    monkeypatch.setattr("items.rules.StoredItemRules.fault_of", fault_of)
    with pytest.raises((CommandError, SystemExit)):
        export(tmp_path / "out.csv")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("out.csv", "before")]


def test_bytes_that_are_not_utf_8_are_written_back_as_they_came():
    stream = io.BufferedReader(io.BytesIO(b"a\xff\nb\n"))
    lines = Lines(stream, "utf-8", lambda text: None, Bounds())
    assert [text.encode(errors="surrogateescape") for text in lines] == [b"a\xff\n", b"b\n"]

"""How `manage.py import_items` ends: its exit code, one line of summary, and its memory."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import termios
import time
import uuid
from pathlib import Path
from unittest.mock import Mock

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection

from items.management.commands.import_items import EXAMPLES
from items.models import Item
from tests.examples import CSV_HEADER, CSV_ROW
from tests.support.database import empty
from tests.support.service import PROJECT
from tests.support.sheets import xlsx

GOOD = f"{CSV_HEADER}\n{CSV_ROW}\n"


@pytest.fixture
def ending(tmp_path):
    """Import the text of a file; return the exit code."""

    def ending(text, *options):
        path = tmp_path / "items.csv"
        if text is not None:
            path.write_text(text)
        try:
            call_command("import_items", str(path), *options)
        except SystemExit as end:
            return end.code
        except CommandError as error:
            return error.returncode
        return 0

    return ending


@pytest.fixture
def emptied():
    """Take away what a process stores, which this one does not notice."""
    yield
    with connection.patient(60):
        empty(Item.objects.collection)


def process(*arguments, **options):
    """`manage.py` over this test's database."""
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT,
        env={**os.environ, "MONGO_DB": connection.settings_dict["NAME"], **options.pop("env", {})},
        text=True,
        **{"stderr": subprocess.PIPE, **options},
    )


def test_every_row_is_in(ending, capsys):
    assert ending(GOOD) == 0
    assert capsys.readouterr().err == (
        "1 rows read: 1 added, 0 changed, 0 unchanged, 0 skipped, 0 rejected.\n"
    )


def test_rows_were_refused(ending):
    assert ending(f"{GOOD}x,Saw,tools,1,1\n") == 1


@pytest.mark.parametrize("text", [None, "", "name,category,count\n", f"{GOOD}{CSV_ROW}\n"])
def test_it_stopped(ending, text):
    assert ending(text) == 2


def test_unknown_option_is_the_code_of_a_stop(tmp_path):
    with process("import_items", "x.csv", "--decimal=both") as command:
        assert command.wait(timeout=30) == 2


def test_database_does_not_answer(ending, monkeypatch):
    def insert_many(*arguments, **options):
        raise OperationalError("gone")

    monkeypatch.setattr(type(Item.objects.collection), "insert_many", insert_many)
    assert ending(GOOD) == 3


@pytest.mark.parametrize(
    ("arguments", "error", "code"),
    [
        (["-"], None, 2),
        (["/nowhere/out.csv"], None, 2),
        (["out.csv"], OperationalError("gone"), 3),
        (["out.csv"], KeyboardInterrupt(), 130),
    ],
)
def test_export_has_the_same_codes(tmp_path, monkeypatch, arguments, error, code):
    monkeypatch.chdir(tmp_path)
    if error:
        monkeypatch.setattr(type(Item.objects), "documents", Mock(side_effect=error))
    with pytest.raises((CommandError, SystemExit)) as ended:
        call_command("export_items", *arguments)
    assert getattr(ended.value, "returncode", getattr(ended.value, "code", None)) == code
    assert list(tmp_path.iterdir()) == []


def test_process_tells_a_dead_database(tmp_path):
    path = tmp_path / "items.csv"
    path.write_text(GOOD)
    dead = {"MONGO_URL": "mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=100"}
    with process("import_items", str(path), env=dead) as command:
        assert command.wait(timeout=60) == 3
        said = command.stderr.read()
    assert "The database does not answer" in said
    assert "Traceback" not in said


def test_sigterm_ends_it_in_order(tmp_path):
    rejects = tmp_path / "rejects.csv"
    arguments = ["import_items", "-", f"--rejects={rejects}"]
    with process(*arguments, stdin=subprocess.PIPE) as command:
        command.stdin.write(f"{CSV_HEADER}\n" + "x,Saw,tools,1,1\n" * 10_001)
        command.stdin.flush()
        assert command.stderr.readline().startswith("10000 rows read")
        command.send_signal(signal.SIGTERM)
        assert command.wait(timeout=30) == 130
        assert "Interrupted. " in command.stderr.read()
        command.stdin.close()
    assert rejects.read_text().count("\n") > 10_000


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("items.csv", rb"\d\d:\d\d left, 2000 rows, \d+ rows/s"),
        pytest.param(
            "items.xlsx", rb"\d\d:\d\d left, 2000 rows, \d+ rows/s", marks=pytest.mark.long
        ),
    ],
)
def test_terminal_shows_rows_rate_and_time_left_and_then_one_line(tmp_path, emptied, name, shown):
    rows = [[str(uuid.uuid4()), "Saw", "tools", 1, 1] for _ in range(2000)]
    header = CSV_HEADER.split(",")
    lines = "".join(",".join(map(str, row)) + "\n" for row in [header, *rows])
    path = tmp_path / name
    path.write_bytes(xlsx(header, *rows) if name.endswith(".xlsx") else lines.encode())
    parent, child = os.openpty()
    termios.tcsetwinsize(child, (24, 100))
    command = subprocess.Popen(
        [sys.executable, "manage.py", "import_items", str(path)],
        cwd=PROJECT,
        env={**os.environ, "MONGO_DB": connection.settings_dict["NAME"]},
        stderr=child,
    )
    os.close(child)
    seen = b""
    # A terminal that nobody writes to any longer is an error on Linux.
    with contextlib.suppress(OSError):
        while part := os.read(parent, 4096):
            seen += part
    os.close(parent)
    assert command.wait(timeout=30) == 0
    assert re.search(shown, seen)
    assert seen.count(b"rows read: ") == 1


def test_help_has_the_codes():
    assert re.findall(r"^  (\d+) ", EXAMPLES, re.M) == ["0", "1", "2", "3", "130"]


@pytest.mark.long
def test_hundred_thousand_rows_take_less_than_100_mib(tmp_path, emptied):
    path = tmp_path / "items.csv"
    rows = (f"{uuid.uuid4()},Item {n},tools,{n},{n + 1}.5\n" for n in range(100_000))
    with path.open("w") as file:
        file.write(f"{CSV_HEADER}\n")
        file.writelines(rows)
    peaks = [0]
    audit = tmp_path / "audit"
    with audit.open("w") as log, process("import_items", str(path), stderr=log) as command:
        # What the kernel tells of an ended child includes this process, which it was forked from.
        while command.poll() is None:
            status = Path(f"/proc/{command.pid}/status").read_text()
            peaks += map(int, re.findall(r"VmHWM:\s+(\d+) kB", status))
            time.sleep(0.1)
    assert command.returncode == 0
    assert 0 < max(peaks) < 100 * 1024
    assert Item.objects.mongo_count_documents({}) == 100_000
    said = audit.read_text()
    assert said.count(" [items.audit] created items=") == 100 * 13
    assert "dropped" not in said

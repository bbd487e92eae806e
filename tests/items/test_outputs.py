"""Files that commands write: complete or not at all, and only plain files are replaced."""

import errno
import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from items.models import Item
from items.transfer.outputs import appearing
from tests.examples import CSV_HEADER, CSV_ROW, STORED
from tests.support.service import PROJECT

CSV = f"{CSV_HEADER}\r\n{CSV_ROW}\r\n"
BAD = "name,category,count,price\n,tools,1,1\n"
REJECTED = "line,reason,row\r\n"


@pytest.fixture
def export(tmp_path):
    """Export one item to a path."""
    Item.objects.mongo_insert_one(dict(STORED))
    return lambda path: call_command("export_items", str(path), "--format=csv")


@pytest.fixture
def reject(tmp_path):
    """Import a row at fault with its rejects at a path."""
    file = tmp_path / "input.csv"
    file.write_text(BAD)

    def reject(path, *options):
        with pytest.raises(SystemExit):
            call_command("import_items", str(file), f"--rejects={path}", *options)

    return reject


@pytest.fixture(params=["export", "reject"])
def write(request):
    """Write to a path, by each of the two commands."""
    return request.getfixturevalue(request.param)


def test_new_file_has_the_mode_of_any_other(tmp_path, write):
    (tmp_path / "other").touch()
    write(tmp_path / "out.csv")
    assert (tmp_path / "out.csv").stat().st_mode == (tmp_path / "other").stat().st_mode


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666])
def test_file_keeps_its_mode(tmp_path, write, mode):
    path = tmp_path / "out.csv"
    path.touch()
    path.chmod(mode)
    write(path)
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert path.read_text()


@pytest.mark.skipif(os.geteuid() != 0, reason="changes an owner")
def test_file_keeps_its_owner(tmp_path, write):
    path = tmp_path / "out.csv"
    path.touch()
    os.chown(path, 1234, 4321)
    write(path)
    assert (path.stat().st_uid, path.stat().st_gid) == (1234, 4321)


def test_owner_that_cannot_be_kept_is_an_error_and_the_file_stays(tmp_path, export, monkeypatch):
    path = tmp_path / "out.csv"
    path.write_text("before")
    os.chown(path, 1234, 4321) if os.geteuid() == 0 else pytest.skip("changes an owner")

    def fchown(*arguments):
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "fchown", fchown)
    with pytest.raises(CommandError, match="not permitted"):
        export(path)
    assert path.read_text() == "before"


@pytest.mark.parametrize("is_there", [True, False])
def test_link_stays_a_link_and_its_target_is_written(tmp_path, write, is_there):
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    target, link = folder / "target.csv", tmp_path / "out.csv"
    if is_there:
        target.write_text("before")
        target.chmod(0o600)
    link.symlink_to(target)
    write(link)
    assert link.is_symlink()
    assert target.read_text() not in ("", "before")
    assert list(folder.iterdir()) == [target]
    assert not is_there or stat.S_IMODE(target.stat().st_mode) == 0o600


@pytest.mark.parametrize("options", [[], ["--dry-run"]])
def test_device_stays_a_device(tmp_path, reject, export, options):
    before = Path("/dev/null").stat()
    reject("/dev/null", *options)
    export("/dev/null")
    after = Path("/dev/null").stat()
    assert (after.st_ino, after.st_mode, after.st_rdev) == (
        before.st_ino,
        before.st_mode,
        before.st_rdev,
    )


def test_full_device_is_an_error(export):
    with pytest.raises(CommandError, match="No space left"):
        export("/dev/full")


def test_fifo_gets_what_a_file_would(tmp_path, export):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    read = []
    reader = threading.Thread(target=lambda: read.append(fifo.read_bytes()))
    reader.start()
    export(fifo)
    reader.join()
    assert read == [CSV.encode()]
    assert fifo.is_fifo()


def test_import_without_rejects_leaves_what_is_no_plain_file(tmp_path):
    fifo, file = tmp_path / "fifo", tmp_path / "input.csv"
    os.mkfifo(fifo)
    file.write_text("name,category,count,price\nSaw,tools,1,1\n")
    call_command("import_items", str(file), f"--rejects={fifo}")
    assert fifo.is_fifo()


def test_rejects_are_kept_when_the_import_stops(tmp_path):
    Item.objects.mongo_insert_one(dict(STORED))
    file = tmp_path / "input.csv"
    file.write_text(f"{CSV_HEADER}\nx,a,tools,1,1\n{CSV_ROW}\n")
    with pytest.raises(CommandError, match="is there already"):
        call_command("import_items", str(file))
    assert "x,a,tools,1,1" in Path(f"{file}.rejects.csv").read_text()


@pytest.mark.parametrize("has_unnamed_files", [True, False])
def test_block_that_raises_leaves_the_folder_as_it_was(tmp_path, monkeypatch, has_unnamed_files):
    if not has_unnamed_files:
        monkeypatch.delattr(os, "O_TMPFILE")
    path = tmp_path / "out.csv"
    path.write_text("before")
    with pytest.raises(ZeroDivisionError), appearing(path) as stream:
        stream.write(b"half")
        raise ZeroDivisionError
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("out.csv", "before")]
    with appearing(path) as stream:
        stream.write(b"all")
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("out.csv", "all")]


def test_folder_that_is_not_there_is_named(tmp_path, export):
    with pytest.raises(CommandError, match="nowhere"):
        export(tmp_path / "nowhere" / "out.csv")


WRITING = """
import sys
from pathlib import Path
from items.transfer.outputs import appearing
with appearing(Path(sys.argv[1])) as stream:
    stream.write(b"half")
    stream.flush()
    print("writing", flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_kill_leaves_the_folder_as_it_was(tmp_path, signum):
    path = tmp_path / "out.csv"
    path.write_text("before")
    with subprocess.Popen(
        [sys.executable, "-c", WRITING, str(path)],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        process.stdout.readline()
        assert [file.name for file in tmp_path.iterdir()] == ["out.csv"]
        process.send_signal(signum)
        process.wait(timeout=10)
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("out.csv", "before")]

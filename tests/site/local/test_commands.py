"""Commands while nothing runs: they start the embedded server for as long as they need it."""

import fcntl
import os
import re
import signal
import subprocess
import sys
import termios

import pytest

from fastapi_mongo_site.local.embedded_mongo import answers
from tests.examples import CSV_HEADER, CSV_ROW
from tests.support.clones import FRESH, copy_of_project, processes_of
from tests.support.ports import free_port
from tests.support.service import Service, wait_for


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A clone in which `make run` ran once, and ended; what it printed is in `ran.txt`."""
    clone = copy_of_project(tmp_path_factory.mktemp("commands"))
    with Service("run", project=clone, **FRESH) as service:
        service.wait_until_up()
        service.stop()
        (clone / "ran.txt").write_text(service.output())
    return clone


def start(clone, *arguments, **options):
    """A command of `manage.py` in a clone, with nothing configured."""
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=clone,
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def run(clone, *arguments, text=""):
    """The exit code of a command, and what it printed."""
    with start(clone, *arguments, stdin=subprocess.PIPE) as command:
        out, err = command.communicate(text, timeout=60)
    return command.returncode, out, err


def test_run_names_the_samples_where_there_is_nothing(clone):
    printed = (clone / "ran.txt").read_text()
    assert re.search(r"^Empty      \S+ manage.py load_samples adds 200 items$", printed, re.M)


def test_command_starts_the_server_and_stops_it(clone):
    code, out, err = run(clone, "load_samples")
    numbers = re.fullmatch(r"(\d+) samples added, (\d+) were there already\.\n", out)
    assert (code, sum(map(int, numbers.groups()))) == (0, 200)
    said, *audit = err.splitlines()
    assert said == f"MongoDB    embedded, for this command, data in {clone}/var/mongodb"
    assert all("[items.audit] created" in line for line in audit)
    assert processes_of(clone) == []
    assert not (clone / "var" / "mongo_url").exists()


@pytest.mark.long
def test_it_has_the_input_and_the_exit_code_of_the_command(clone):
    text = f"{CSV_HEADER}\n{CSV_ROW}\n{CSV_HEADER}\n"
    code, _, err = run(clone, "import_items", "-", "--on-conflict=skip", text=text)
    assert code == 1
    assert "2 rows read: " in err
    assert "secret" not in err


def unread(pipe):
    """How many bytes of a pipe its reader has not taken."""
    count = bytearray(4)
    fcntl.ioctl(pipe, termios.FIONREAD, count)
    return int.from_bytes(count, sys.byteorder)


def test_interrupt_ends_the_command_and_then_the_server(clone):
    with start(
        clone, "import_items", "-", stdin=subprocess.PIPE, start_new_session=True
    ) as command:
        assert command.stderr.readline().startswith("MongoDB ")
        command.stdin.write(CSV_HEADER)
        command.stdin.flush()
        wait_for(lambda: unread(command.stdin) == 0)
        os.killpg(command.pid, signal.SIGINT)
        assert command.wait(timeout=60) == 130
    wait_for(lambda: processes_of(clone) == [])


@pytest.mark.long
def test_command_uses_the_server_of_a_run(clone):
    with Service("run", project=clone, **FRESH) as service:
        service.wait_until_up()
        code, out, err = run(clone, "load_samples")
        assert (code, "already" in out) == (0, True)
        assert "MongoDB" not in err
        assert answers((clone / "var" / "mongo_url").read_text().strip())
        service.stop()


@pytest.mark.long
def test_address_of_a_server_that_was_killed_is_no_server(clone):
    (clone / "var" / "mongo_url").write_text(f"mongodb://127.0.0.1:{free_port()}/\n")
    assert run(clone, "load_samples")[0] == 0


def test_without_a_run_before_the_missing_url_is_named(tmp_path):
    code, _, err = run(copy_of_project(tmp_path), "export_items", "-")
    assert code == 1
    assert "The secret mongo_url is missing" in err
    assert "make run" in err


def test_verify_says_how_to_start_the_service(clone, tmp_path):
    code, out, err = run(clone, "verify", f"http://127.0.0.1:{free_port()}")
    assert (code, out.startswith("ERROR => "), err) == (1, True, "")
    assert out.endswith("\nStart the service: run `make run` in another terminal.\n")
    code, _, err = run(copy_of_project(tmp_path), "verify")
    assert code == 1
    assert "The secret service_pwd is missing. Start the service: run `make run`" in err

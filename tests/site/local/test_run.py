"""`make run`: one command on a fresh clone, nothing configured.

A start takes seconds. So one clone is run twice, what the promises below are about is noted on the
way, and each run is ended in another way.
"""

import os
import signal
import socket
import stat
import time

import pytest

from fastapi_mongo_site.local.embedded_mongo import answers
from tests.support.clones import (
    FRESH,
    copy_of_project,
    database_pid,
    processes_of,
    verify,
)
from tests.support.service import PROJECT, Service, wait_for


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    return copy_of_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def first(clone):
    """`make run` on a fresh clone; its worker and its database are killed; Ctrl-C ends it."""
    environ = {**FRESH, "VENV": str(PROJECT / ".venv")}
    with Service("run", project=clone, make=True, **environ) as service:
        service.wait_until_up()
        seen = {
            "port": service.port,
            "modes": {path.name: path.stat().st_mode for path in (clone / "secrets").iterdir()},
            # Another command, in another terminal, reaches the same database.
            "verified": verify(service, clone),
        }
        children = processes_of(clone)[-2:]
        for child in children:
            os.kill(child, signal.SIGINT)
        seen["children go on"] = set(children) <= set(processes_of(clone))
        database, worker = database_pid(clone), children[-1]
        for killed in (database, worker):
            os.kill(killed, signal.SIGKILL)
        wait_for(lambda: database_pid(clone) != database and service.is_healthy())
        seen["verified after kills"] = verify(service, clone)
        return seen | end(service, clone, signal.SIGINT, group=True)


@pytest.fixture(scope="module")
def second(clone, first):
    """The same again with --reload; a module is changed; SIGTERM ends it."""
    views = clone / "fastapi_mongo_site" / "views.py"
    with Service("run", "--reload", project=clone, **FRESH) as service:
        service.wait_until_up()
        seen = {"verified": verify(service, clone)}
        views.write_text(views.read_text().replace("You are visiting", "Welcome to"))

        wait_for(lambda: "Welcome to" in start_page(service))
        seen["start page"] = start_page(service)
        return seen | end(service, clone, signal.SIGTERM)


def start_page(service):
    try:
        return service.call("GET", "/")[2]["message"]
    except OSError:
        return ""


def end(service, clone, signum, group=False):
    """Stop a run while a request hangs; return what was seen of it."""
    url = (clone / "var" / "mongo_url").read_text().strip()
    with socket.create_connection(("127.0.0.1", service.port)) as hanging:
        hanging.sendall(b"POST /v1/items HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n")
        started = time.monotonic()
        seen = {"code": service.stop(signum, group=group)}
        seen["stopped in"] = time.monotonic() - started
        seen["database answers"] = answers(url)
    wait_for(lambda: not processes_of(clone))
    return seen | {
        "printed": service.output(),
        "url is kept": (clone / "var" / "mongo_url").exists(),
    }


def test_one_command_brings_everything_up(clone, first):
    assert (first["verified"].returncode, "TRUE" in first["verified"].stdout) == (0, True)
    for expected in (
        f"http://127.0.0.1:{first['port']}\n",
        f"http://127.0.0.1:{first['port']}/docs\n",
        "service_user\n",
        str(clone / "secrets" / "service_pwd"),
    ):
        assert expected in first["printed"]


def test_secrets_are_for_the_owner_alone_and_are_not_printed(clone, first):
    assert {name: stat.S_IMODE(mode) for name, mode in first["modes"].items()} == {
        "service_pwd": 0o600,
        "secret_key": 0o600,
    }
    for name in first["modes"]:
        assert (clone / "secrets" / name).read_text().strip() not in first["printed"]


def test_a_killed_worker_and_a_killed_database_are_started_again(first):
    assert (first["verified after kills"].returncode, first["verified after kills"].stderr) == (
        0,
        "",
    )
    assert "The embedded MongoDB ended; starting it again." in first["printed"]


def test_children_leave_an_interrupt_to_their_parent(first):
    assert first["children go on"]


@pytest.mark.parametrize("run", ["first", "second"])
def test_it_stops_http_within_five_seconds_then_the_database(run, request):
    seen = request.getfixturevalue(run)
    assert seen["stopped in"] < 5 + 5
    assert not seen["database answers"]
    assert not seen["url is kept"]
    assert "Traceback" not in seen["printed"]


def test_a_later_start_finds_the_data(second):
    assert (second["code"], "TRUE" in second["verified"].stdout) == (0, True)
    assert "Unchanged: service user" in second["printed"]


def test_reload_restarts_on_a_change_of_code(second):
    assert second["start page"].startswith("Welcome to")

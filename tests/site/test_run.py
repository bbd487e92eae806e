"""`manage.py run`: one command on a fresh clone, nothing configured."""

import os
import signal
import socket
import stat
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest

from fastapi_mongo_site.local.embedded_mongo import answers
from tests.support.service import (
    FRESH,
    PROJECT,
    Service,
    copy_of_project,
    database_pid,
    processes_of,
    verify,
    wait_for,
)


def is_healthy(service):
    try:
        with urllib.request.urlopen(f"{service.url}/health", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


# One clone is run three times, and each run is ended in another way. A start takes seconds: what
# the promises below are about is noted on the way.


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    return copy_of_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def first(clone):
    """`make run` on a fresh clone, whose database is killed once, until Ctrl-C."""
    environ = {**FRESH, "VENV": str(PROJECT / ".venv")}
    with Service("run", project=clone, make=True, **environ) as service:
        service.wait_until_up()
        seen = {
            "port": service.port,
            "modes": {path.name: path.stat().st_mode for path in (clone / "secrets").iterdir()},
            "password": (clone / "secrets" / "service_pwd").read_text().strip(),
            # Another command, in another terminal, reaches the same database.
            "verified": verify(service, clone),
        }
        children = sorted(processes_of(clone))[-2:]
        for child in children:
            os.kill(child, signal.SIGINT)
        killed = database_pid(clone)
        os.kill(killed, signal.SIGKILL)
        wait_for(lambda: database_pid(clone) != killed and is_healthy(service))
        seen["verified after a kill"] = verify(service, clone)
        seen["children go on"] = set(children) <= set(processes_of(clone))
        service.stop(signal.SIGINT, group=True)
        seen["printed"] = service.output()
    with suppress(AssertionError):
        wait_for(lambda: not processes_of(clone))
    seen["left"] = processes_of(clone)
    return seen


def run_until(clone, signum, group=False):
    """Start again, and stop it while a request hangs."""
    with Service("run", project=clone, **FRESH) as service:
        service.wait_until_up()
        seen = {"verified": verify(service, clone)}
        url = (clone / "var" / "mongo_url").read_text().strip()
        with socket.create_connection(("127.0.0.1", service.port)) as hanging:
            hanging.sendall(
                b"POST /v1/items HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n"
            )
            started = time.monotonic()
            seen["code"] = service.stop(signum, group=group)
            seen["stopped in"] = time.monotonic() - started
            seen["database answers"] = answers(url)
        seen["printed"] = service.output()
    seen["url is kept"] = (clone / "var" / "mongo_url").exists()
    wait_for(lambda: not processes_of(clone))
    return seen


@pytest.fixture(scope="module")
def interrupted(clone, first):
    """The second run, until Ctrl-C."""
    return run_until(clone, signal.SIGINT, group=True)


@pytest.fixture(scope="module")
def terminated(clone, interrupted):
    """The third run, until SIGTERM."""
    return run_until(clone, signal.SIGTERM)


def test_one_command_brings_everything_up(clone, first):
    assert {name: stat.S_IMODE(mode) for name, mode in first["modes"].items()} == {
        "service_pwd": 0o600,
        "secret_key": 0o600,
    }
    for verified in (first["verified"], first["verified after a kill"]):
        assert (verified.returncode, "TRUE" in verified.stdout) == (0, True)
    for expected in (
        f"http://127.0.0.1:{first['port']}\n",
        f"http://127.0.0.1:{first['port']}/docs\n",
        "service_user\n",
        str(clone / "secrets" / "service_pwd"),
        "The embedded MongoDB ended; starting it again.",
    ):
        assert expected in first["printed"]
    assert first["password"] not in first["printed"]


def test_make_run_hands_signals_on(first):
    assert "Serving" in first["printed"]
    assert first["left"] == []


def test_an_interrupt_reaches_the_children_by_their_parent_alone(first):
    assert first["children go on"]


@pytest.mark.parametrize("run", ["interrupted", "terminated"])
def test_it_stops_http_within_five_seconds_then_the_database(run, request):
    seen = request.getfixturevalue(run)
    assert seen["code"] == 0
    assert seen["stopped in"] < 5 + 5
    assert not seen["database answers"]
    assert not seen["url is kept"]
    assert "Traceback" not in seen["printed"]


def test_later_starts_find_the_data(clone, first, interrupted, terminated):
    for run in (interrupted, terminated):
        assert "TRUE" in run["verified"].stdout
        assert "Unchanged: service user" in run["printed"]
    assert (clone / "secrets" / "service_pwd").read_text().strip() == first["password"]


# What can be wrong at the start: one or two lines, no traceback


def failure(project, **environ):
    """Start, expect the end, and return what was printed without the progress lines."""
    with Service("run", project=project, **{**FRESH, **environ}) as service:
        assert service.process.wait(timeout=30) == 1
        printed = service.output()
    assert "Traceback" not in printed
    return printed


def test_port_in_use(clone):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        printed = failure(clone, PORT=str(port))
    assert f"Cannot listen on 127.0.0.1:{port}" in printed
    assert len(printed.splitlines()) == 1


def test_unreachable_mongo_url_hides_its_password(clone):
    took = []
    # The best of three: a busy machine may be late, the service may not.
    while len(took) < 3 and min(took, default=10) >= 10:
        started = time.monotonic()
        printed = failure(clone, MONGO_URL="mongodb://user:hidden@127.0.0.1:9/")
        took.append(time.monotonic() - started)
        assert "127.0.0.1:9" in printed
        assert "hidden" not in printed
    assert min(took) < 10, took


def test_unreadable_secret(tmp_path):
    clone = copy_of_project(tmp_path)
    (clone / "secrets").mkdir()
    (clone / "secrets" / "service_pwd").write_bytes(b"")
    assert f"{clone}/secrets/service_pwd is empty" in failure(clone)


def test_deployment_without_a_secret_names_it_and_every_place(tmp_path):
    clone = copy_of_project(tmp_path)
    with Service("serve", project=clone, SECRETS_DIR="/nowhere", **FRESH) as service:
        assert service.process.wait(timeout=30) == 1
        printed = service.output()
    places = ["$SERVICE_PWD", "$SERVICE_PWD_FILE", "/nowhere/service_pwd", f"{clone}/secrets/"]
    assert "The secret service_pwd is missing" in printed
    assert [place for place in [*places, "/run/secrets/service_pwd"] if place not in printed] == []
    assert "Traceback" not in printed


def test_embedded_server_that_is_not_installed():
    from fastapi_mongo_site.local import embedded_mongo

    missing = embedded_mongo.EmbeddedMongo(Path("/nonexistent"))
    program, embedded_mongo.PROGRAM = embedded_mongo.PROGRAM, Path("/nonexistent/secantusd-py")
    try:
        with pytest.raises(embedded_mongo.EmbeddedMongoError, match=r"requirements-embedded\.txt"):
            missing.start()
    finally:
        embedded_mongo.PROGRAM = program

"""`manage.py run`: one command on a fresh clone, nothing configured."""

import os
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from fastapi_mongo_site.embedded_mongo import answers
from tests.service import PROJECT, Service, copy_of_project

FRESH = {"FRESH": "yes", "WORKERS": "1"}


def processes_of(project):
    """The pids of everything that runs out of a project's directory."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                here = (entry / "cwd").readlink() == project
                running = "State:\tZ" not in (entry / "status").read_text()
            except OSError:
                continue
            found += [int(entry.name)] if here and running else []
    return found


def wait_for(condition, seconds=15):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def verify(service, project):
    """`manage.py verify` with the project's own secrets."""
    return subprocess.run(
        [sys.executable, "manage.py", "verify", service.url],
        cwd=project,
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    return copy_of_project(tmp_path_factory.mktemp("project"))


@pytest.fixture
def running(clone):
    """A run that its test ends."""
    with Service("run", project=clone, **FRESH) as service:
        service.wait_until_up()
        yield service
    wait_for(lambda: not processes_of(clone))


def test_one_command_brings_everything_up(tmp_path):
    clone = copy_of_project(tmp_path)
    with Service("run", project=clone, **FRESH) as service:
        service.wait_until_up()
        modes = {path.name: path.stat().st_mode for path in (clone / "secrets").iterdir()}
        assert {name: stat.S_IMODE(mode) for name, mode in modes.items()} == {
            "service_pwd": 0o600,
            "secret_key": 0o600,
        }
        # Another command, in another terminal, reaches the same database.
        verified = verify(service, clone)
        assert (verified.returncode, "TRUE" in verified.stdout) == (0, True)
        os.kill(int((clone / "var" / "mongodb" / "pid").read_text()), signal.SIGKILL)
        wait_for(lambda: "TRUE" in verify(service, clone).stdout)
        assert service.stop(signal.SIGINT) == 0
        printed = service.output()
    for expected in (
        f"http://127.0.0.1:{service.port}\n",
        f"http://127.0.0.1:{service.port}/docs\n",
        "service_user\n",
        str(clone / "secrets" / "service_pwd"),
        "The embedded MongoDB ended; starting it again.",
    ):
        assert expected in printed
    assert (clone / "secrets" / "service_pwd").read_text().strip() not in printed


@pytest.mark.parametrize(
    ("signum", "group"), [(signal.SIGINT, True), (signal.SIGTERM, False)], ids=["ctrl-c", "term"]
)
def test_it_stops_http_within_five_seconds_then_the_database(clone, running, signum, group):
    url = (clone / "var" / "mongo_url").read_text()
    hanging = socket.create_connection(("127.0.0.1", running.port))
    hanging.sendall(b"POST /v1/items HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n")
    started = time.monotonic()
    assert running.stop(signum, group=group) == 0
    assert time.monotonic() - started < 5 + 5
    assert not answers(url.strip())
    assert not (clone / "var" / "mongo_url").exists()
    assert "Traceback" not in running.output()
    hanging.close()


def test_second_start_is_warm_and_finds_the_data(clone, running):
    password = (clone / "secrets" / "service_pwd").read_text().strip()
    assert running.stop() == 0
    took = []
    # The best of three: a busy machine may be late, the service may not.
    while len(took) < 3 and min(took, default=5) >= 5:
        with Service("run", project=clone, **FRESH) as second:
            took.append(second.wait_until_up())
            assert "TRUE" in verify(second, clone).stdout
            assert second.stop() == 0
            assert "Unchanged: service user" in second.output()
    assert min(took) < 5
    assert (clone / "secrets" / "service_pwd").read_text().strip() == password


def test_killing_any_part_does_not_stop_the_next_start(tmp_path):
    clone = copy_of_project(tmp_path)
    for part in ("run", "serve", "worker", "database", "nothing"):
        with Service("run", project=clone, **FRESH) as service:
            service.wait_until_up()
            database = int((clone / "var" / "mongodb" / "pid").read_text())
            run = service.process.pid
            serve, worker = sorted(set(processes_of(clone)) - {run, database})[-2:]
            if part == "nothing":
                assert "TRUE" in verify(service, clone).stdout
                break
            parts = {"run": run, "serve": serve, "worker": worker, "database": database}
            os.kill(parts[part], signal.SIGKILL)
            if part in ("run", "serve"):
                service.process.wait(timeout=20)
                wait_for(lambda: not set(processes_of(clone)) - {database})  # noqa: B023
    wait_for(lambda: not processes_of(clone))


def test_two_at_once_on_an_empty_database_both_come_up(tmp_path):
    clone = copy_of_project(tmp_path)
    with (
        Service("run", project=clone, **FRESH) as one,
        Service("run", project=clone, **FRESH) as two,
    ):
        one.wait_until_up()
        two.wait_until_up()
        assert one.stop() == 0
        assert "TRUE" in verify(two, clone).stdout
        assert two.stop() == 0
    wait_for(lambda: not processes_of(clone))


def test_reload_restarts_on_a_change_of_code(tmp_path):
    clone = copy_of_project(tmp_path)
    views = clone / "fastapi_mongo_site" / "views.py"
    with Service("run", "--reload", project=clone, **FRESH) as service:
        service.wait_until_up()
        views.write_text(views.read_text().replace("You are visiting", "Welcome to"))

        def changed():
            try:
                with urllib.request.urlopen(service.url, timeout=5) as answer:
                    return b"Welcome to" in answer.read()
            except OSError:
                return False

        wait_for(changed, seconds=30)


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
    started = time.monotonic()
    printed = failure(clone, MONGO_URL="mongodb://user:hidden@127.0.0.1:9/")
    assert "127.0.0.1:9" in printed
    assert "hidden" not in printed
    assert time.monotonic() - started < 10


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
    from fastapi_mongo_site import embedded_mongo

    missing = embedded_mongo.EmbeddedMongo(Path("/nonexistent"))
    program, embedded_mongo.PROGRAM = embedded_mongo.PROGRAM, Path("/nonexistent/secantusd-py")
    try:
        with pytest.raises(embedded_mongo.EmbeddedMongoError, match=r"requirements-embedded\.txt"):
            missing.start()
    finally:
        embedded_mongo.PROGRAM = program


def test_make_run_hands_signals_on(tmp_path):
    clone = copy_of_project(tmp_path)
    venv = PROJECT / ".venv"
    environ = {**FRESH, "VENV": str(venv)}
    with Service("run", project=clone, make=True, **environ) as service:
        service.wait_until_up()
        service.stop(signal.SIGINT, group=True)
        assert "Serving" in service.output()
    wait_for(lambda: not processes_of(clone))

"""The embedded server, and how the runs in one clone share it."""

import os
import shutil
import signal
import stat
import subprocess
import threading
from pathlib import Path

import pytest

from fastapi_mongo_site.local import embedded_mongo
from fastapi_mongo_site.local.embedded_mongo import EmbeddedMongo, EmbeddedMongoError, answers
from fastapi_mongo_site.local.shared_mongo import SharedMongo
from tests.support.service import wait_for


def test_a_server_that_is_not_installed_is_an_error_that_says_how_to(monkeypatch, tmp_path):
    monkeypatch.setattr(embedded_mongo, "PROGRAM", Path("/nonexistent/secantusd-py"))
    with pytest.raises(EmbeddedMongoError, match=r"requirements-embedded\.txt"):
        EmbeddedMongo(tmp_path).start()


@pytest.fixture
def server(monkeypatch, tmp_path):
    """A server, started where the environment has secrets."""
    for name in ("SERVICE_PWD", "SECRET_KEY", "MONGO_URL", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "s3cr")
    server = EmbeddedMongo(tmp_path / "mongodb", durable=False)
    server.start()
    yield server
    server.stop()


def test_the_server_gets_no_secret_in_its_environment(server):
    environ = Path(f"/proc/{server.process.pid}/environ").read_bytes()
    assert b"PATH=" in environ
    assert b"s3cr" not in environ


def test_its_data_is_for_its_owner_alone(server):
    assert stat.S_IMODE(server.directory.stat().st_mode) == 0o700


def test_a_database_that_is_being_started_again_is_waited_for_and_stopped(tmp_path):
    shared = SharedMongo(tmp_path)
    shared.acquire()
    pid_file = tmp_path / "mongodb" / "pid"
    running = pid_file.read_text()
    ended = subprocess.Popen(["true"])
    ended.wait()
    pid_file.write_text(str(ended.pid))
    release = threading.Thread(target=shared.release)
    release.start()
    wait_for(lambda: not shared.url_file.exists())
    (tmp_path / "pid").write_text(running)
    (tmp_path / "pid").replace(pid_file)
    release.join(20)
    shared.users.close()
    assert not release.is_alive()


@pytest.mark.parametrize("there_again", [None, "mongodb/data"])
def test_a_server_whose_files_were_removed_is_stopped(tmp_path, caplog, there_again):
    shared = SharedMongo(tmp_path)
    shared.acquire()
    url = shared.url_file.read_text()
    pid = int((tmp_path / "mongodb" / "pid").read_text())
    # It stands still meanwhile. If it writes, rmtree() fails or directories are there again.
    os.kill(pid, signal.SIGSTOP)
    os.waitid(os.P_PID, pid, os.WSTOPPED)
    shutil.rmtree(tmp_path)
    if there_again:
        (tmp_path / there_again).mkdir(parents=True)
    os.kill(pid, signal.SIGCONT)
    shared.release()
    shared.users.close()
    assert not answers(url)
    assert "files were removed" in caplog.text

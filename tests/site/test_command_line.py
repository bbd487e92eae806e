"""What `manage.py` says of a fault: a line, and no traceback."""

import os
import signal
import socket
import subprocess
import sys
from unittest.mock import patch

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

import manage
from fastapi_mongo_site.configuration import Env
from tests.support.accounts import SECRET
from tests.support.service import PROJECT


def start(*arguments, stdout=subprocess.PIPE, **environ):
    """`manage.py` in a process of its own, which has a configuration."""
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT,
        env={
            "PATH": os.environ["PATH"],
            "HOME": "/nonexistent",
            "SECRETS_DIR": "/nonexistent",
            "SERVICE_PWD": SECRET,
            "SECRET_KEY": os.environ["SECRET_KEY"],
            "MONGO_URL": "mongodb://127.0.0.1:9/",
            **environ,
        },
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(*arguments, **options):
    """What comes of it."""
    with start(*arguments, **options) as command:
        stdout, stderr = command.communicate(timeout=60)
    return subprocess.CompletedProcess(arguments, command.returncode, stdout, stderr)


def test_bad_setting_is_one_line():
    result = run("check", PORT="many")
    assert result.returncode == 1
    assert result.stderr.strip().count("\n") == 0
    assert "PORT is not valid" in result.stderr


@pytest.mark.parametrize(("kind", "value"), [("int", "many"), ("int", ""), ("bool", "maybe")])
def test_bad_setting_is_named(monkeypatch, kind, value):
    monkeypatch.setenv("ITS_NAME", value)
    with pytest.raises(ImproperlyConfigured, match="ITS_NAME is not valid"):
        getattr(Env(), kind)("ITS_NAME")


@pytest.fixture
def seed(monkeypatch):
    """What `manage.py seed_service_user` ends with, over a client with these options."""
    monkeypatch.setattr(sys, "argv", ["manage.py", "seed_service_user"])

    def seed(**options):
        client = {"host": "mongodb://127.0.0.1:9/", "serverSelectionTimeoutMS": 100, **options}
        connection.close()
        with (
            patch.dict(connection.settings_dict, CLIENT=client),
            pytest.raises(SystemExit) as ended,
        ):
            manage.main()
        connection.close()
        return ended.value.code

    return seed


@pytest.mark.parametrize(
    ("option", "fault"),
    [({"tlsCAFile": "/nowhere"}, "/nowhere"), ({"appName": "x" * 200}, "appName")],
    ids=["file", "value"],
)
def test_option_that_the_driver_refuses_is_named(seed, option, fault):
    assert fault in seed(**option)


def test_dead_database_is_one_line(seed):
    assert seed().startswith("The database does not answer: 127.0.0.1:9: ")


@pytest.mark.parametrize("arguments", [["help"], ["verify", "http://127.0.0.1:9"]])
def test_closed_output_causes_no_traceback(arguments):
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as output:
        result = run(*arguments, stdout=output)
    assert (result.returncode, result.stderr) == (1, "")


def test_interrupt_amid_the_imports_ends_it_at_once_and_quietly(tmp_path):
    # Python 3.11 makes a RuntimeError of what comes out of __set_name__.
    (tmp_path / "interrupted.py").write_text(
        "import os, signal\n"
        "class Name:\n"
        "    def __set_name__(self, owner, name):\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n"
        "class Owner:\n"
        "    name = Name()\n"
    )
    result = run("migrate", DJANGO_SETTINGS_MODULE="interrupted", PYTHONPATH=str(tmp_path))
    assert (result.returncode, result.stderr) == (-signal.SIGINT, "")


def test_interrupt_of_a_command_that_waits_ends_it_quietly():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(30)
        url = f"mongodb://127.0.0.1:{silent.getsockname()[1]}/"
        with start("check_items", MONGO_URL=url) as command:
            connection, _ = silent.accept()
            command.send_signal(signal.SIGINT)
            _, said = command.communicate(timeout=30)
            connection.close()
    assert (command.returncode, said) == (128 + signal.SIGINT, "")

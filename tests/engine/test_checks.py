"""The engine's system checks."""

import re

import pytest
from django.core.management import call_command

from djongo_engine.checks import (
    TESTED_VERSIONS,
    check_atomic_requests,
    check_timeout,
    check_versions,
)


def ids(messages):
    return [message.id for message in messages]


def test_requirements_are_what_the_engine_was_tested_with(settings):
    text = (settings.BASE_DIR / "requirements.txt").read_text()
    assert TESTED_VERSIONS.items() <= dict(re.findall(r"^(\S+)==(\S+)", text, re.M)).items()
    assert ids(check_versions()) == []


@pytest.mark.parametrize("package", TESTED_VERSIONS)
@pytest.mark.parametrize("tested", ["0.1.2", "{0}.999.0", "{0}.{1}rc1"])
def test_package_of_another_series_is_an_error(monkeypatch, package, tested):
    series = TESTED_VERSIONS[package].split(".")
    monkeypatch.setitem(TESTED_VERSIONS, package, tested.format(*series))
    (message,) = check_versions()
    assert message.id == "djongo_engine.E001"
    assert message.hint == f"python -m pip install {package}=={TESTED_VERSIONS[package]}"


@pytest.mark.parametrize("package", TESTED_VERSIONS)
def test_another_patch_release_is_a_warning_that_lets_migrate_run(monkeypatch, package, capsys):
    monkeypatch.setitem(
        TESTED_VERSIONS, package, ".".join([*TESTED_VERSIONS[package].split(".")[:2], "999"])
    )
    (message,) = check_versions()
    assert message.id == "djongo_engine.W002"
    assert "pytest tests/engine" in message.hint
    call_command("migrate", skip_checks=False, verbosity=0)
    assert "djongo_engine.W002" in capsys.readouterr().err


def test_package_that_is_missing_is_an_error(monkeypatch):
    monkeypatch.setitem(TESTED_VERSIONS, "no-such-package", "1.0")
    (message,) = check_versions()
    assert "installed is none" in message.msg


def test_atomic_requests_are_warned_about(monkeypatch, settings):
    monkeypatch.setitem(settings.DATABASES["default"], "ATOMIC_REQUESTS", True)
    (message,) = check_atomic_requests()
    assert message.id == "djongo_engine.W001"


@pytest.mark.parametrize(
    ("client", "found"),
    [
        ({"host": "mongodb://h/?timeoutMS=5000"}, ["djongo_engine.E003"]),
        ({"host": "mongodb://h/?w=1&TIMEOUTMS=5000"}, ["djongo_engine.E003"]),
        ({"host": "mongodb://h/?w=1;timeoutMS=5000"}, ["djongo_engine.E003"]),
        ({"host": "mongodb://h/", "timeoutMS": 5000}, ["djongo_engine.E003"]),
        ({"host": "mongodb://h/?socketTimeoutMS=5000&connectTimeoutMS=1"}, []),
    ],
)
def test_a_timeout_with_which_pymongo_repeats_commands_is_refused(
    monkeypatch, settings, client, found
):
    monkeypatch.setitem(settings.DATABASES["default"], "CLIENT", client)
    assert ids(check_timeout()) == found

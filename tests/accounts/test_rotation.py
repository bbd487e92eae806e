"""Rotating the service user's password, or its name, shuts nobody out before the deadline."""

import datetime
import stat
import threading
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from fastapi_mongo_site.configuration import Secret
from tests.support.accounts import NEW, THIRD, basic
from tests.support.accounts import SECRET as OLD


def accepted(password, username=settings.SERVICE_USER):
    header = basic(username, password)
    return APIClient().get("/v1/items?limit=1", HTTP_AUTHORIZATION=header).status_code == 200


@pytest.fixture
def configure(settings):
    """Give this host a name or a password."""

    def configure(password=None, username=None):
        if password:
            secret = Secret("service_pwd", password, "$SERVICE_PWD")
            settings.SECRETS = {**settings.SECRETS, "service_pwd": secret}
        if username:
            settings.SERVICE_USER = username

    return configure


@pytest.fixture
def command(capsys):
    """Run seed_service_user; return what it printed."""

    def command(*arguments):
        call_command("seed_service_user", *arguments)
        return capsys.readouterr().out

    return command


@pytest.fixture
def rotated(service_user, configure, command):
    """A password that was rotated with a grace, on a host that has the new one."""
    configure(NEW)
    return command("--grace", "24h")


def pass_time(**delta):
    """Let the deadlines come nearer."""
    for user in User.objects.all():
        for name in ("former_password_until", "active_until"):
            if moment := getattr(user, name):
                setattr(user, name, moment - datetime.timedelta(**delta))
        user.save()


def test_both_passwords_are_valid_until_the_deadline(rotated):
    assert "The former password of tester is valid until" in rotated
    assert (accepted(OLD), accepted(NEW)) == (True, True)
    left = User.objects.get().former_password_until - timezone.now()
    assert datetime.timedelta(hours=23, minutes=59) < left <= datetime.timedelta(hours=24)
    pass_time(hours=25)
    assert (accepted(OLD), accepted(NEW)) == (False, True)


def test_the_deadline_needs_no_reading_of_the_user(rotated, monkeypatch):
    assert accepted(OLD)
    later = timezone.now() + datetime.timedelta(hours=25)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    assert not accepted(OLD)


def test_without_a_grace_the_old_password_ends_at_once(service_user, configure, command):
    assert accepted(OLD)
    configure(NEW)
    assert command() == "Updated service user tester.\n"
    assert (accepted(OLD), accepted(NEW)) == (False, True)


def test_end_grace_ends_it(rotated, command):
    assert accepted(OLD)
    assert command("--end-grace") == "Ended the grace of tester.\n"
    assert (accepted(OLD), accepted(NEW)) == (False, True)
    assert User.objects.get().former_password == ""
    assert command("--end-grace") == "Ended the grace of nobody.\n"


def test_a_restart_with_the_new_password_keeps_the_grace(rotated, command):
    assert "Unchanged: service user tester.\nThe former password" in command()
    assert (accepted(OLD), accepted(NEW)) == (True, True)


def test_a_restart_of_a_host_with_the_old_password_changes_nothing(rotated, configure, command):
    configure(OLD)
    assert "Unchanged: service user tester is what a rotation replaced" in command()
    assert (accepted(OLD), accepted(NEW)) == (True, True)


def test_a_rotation_may_be_turned_back(rotated, configure, command):
    configure(OLD)
    command("--grace", "1h")
    assert (accepted(OLD), accepted(NEW)) == (True, True)
    pass_time(hours=2)
    assert (accepted(OLD), accepted(NEW)) == (True, False)


def test_a_second_grace_is_refused_while_one_runs(rotated, configure, command):
    configure(THIRD)
    with pytest.raises(CommandError, match=r"valid until .* UTC.*--end-grace"):
        command("--grace", "24h")
    assert (accepted(OLD), accepted(NEW)) == (True, True)


def test_seeding_another_password_does_not_end_a_grace(rotated, configure, command):
    configure(THIRD)
    command()
    assert [accepted(p) for p in (OLD, NEW, THIRD)] == [True, False, True]


def test_end_grace_is_refused_to_a_host_that_it_would_shut_out(rotated, configure, command):
    configure(OLD)
    with pytest.raises(CommandError, match="would be shut out"):
        command("--end-grace")
    assert accepted(OLD)


def test_a_disabled_users_password_gets_no_grace(service_user, configure, command):
    User.objects.update(is_active=False)
    configure(NEW)
    command("--grace", "24h")
    assert (accepted(OLD), accepted(NEW)) == (False, True)


# Another name


@pytest.fixture
def renamed(service_user, configure, command):
    """A service user that was renamed with a grace, on a host that has the new name."""
    configure(NEW, "renamed")
    return command("--grace", "24h")


def test_the_former_user_stays_active_until_the_deadline(renamed):
    assert "The former user tester is valid until" in renamed
    assert (accepted(OLD), accepted(NEW, "renamed")) == (True, True)
    pass_time(hours=25)
    assert (accepted(OLD), accepted(NEW, "renamed")) == (False, True)


def test_end_grace_ends_the_former_user(renamed, command):
    assert accepted(OLD)
    assert command("--end-grace") == "Ended the grace of tester.\n"
    assert (accepted(OLD), accepted(NEW, "renamed")) == (False, True)


@pytest.mark.parametrize("password", [OLD, NEW])
def test_a_restart_of_a_host_with_the_old_name_changes_nothing(
    renamed, configure, command, password
):
    configure(password, "tester")
    assert "Unchanged" in command()
    assert (accepted(OLD), accepted(NEW, "renamed")) == (True, True)


def test_a_restart_with_the_new_name_keeps_the_grace_and_later_retires_the_user(renamed, command):
    command()
    assert accepted(OLD)
    pass_time(hours=25)
    assert "Deactivated tester" in command()
    assert not User.objects.get(username="tester").is_active


def test_a_renaming_may_be_turned_back(renamed, configure, command):
    configure(OLD, "tester")
    command("--grace", "1h")
    assert (accepted(OLD), accepted(NEW, "renamed")) == (True, True)
    pass_time(hours=2)
    assert (accepted(OLD), accepted(NEW, "renamed")) == (True, False)


# --check


def check(command):
    """The exit code of --check."""
    with pytest.raises(SystemExit) as ended:
        command("--check")
    return ended.value.code


def test_check_is_0_for_the_configured_credential_and_writes_nothing(service_user, command):
    before = User.objects.values().get()
    assert command("--check") == "Service user tester has the configured password.\n"
    assert User.objects.values().get() == before


@pytest.mark.parametrize("change", [{"password": "!"}, {"is_active": False}, {"username": "x"}])
def test_check_is_1_for_any_other(service_user, command, change):
    User.objects.update(**change)
    assert check(command) == 1


def test_check_is_1_on_a_host_with_the_former_password(rotated, configure, command):
    configure(OLD)
    assert check(command) == 1


# --generate


@pytest.fixture
def secret_file(service_user, settings, tmp_path):
    """The password in a file, behind a link."""
    file = tmp_path / "kept" / "service_pwd"
    file.parent.mkdir()
    file.write_text(OLD)
    link = tmp_path / "service_pwd"
    link.symlink_to(file)
    secret = Secret("service_pwd", OLD, str(link))
    settings.SECRETS = {**settings.SECRETS, "service_pwd": secret}
    return file


def test_generate_writes_a_new_secret_file_and_seeds_it(secret_file, command):
    printed = command("--generate", "--grace", "24h")
    made = secret_file.read_text().strip()
    assert (made != OLD, len(made) >= 32) == (True, True)
    assert [path.name for path in secret_file.parent.iterdir()] == ["service_pwd"]
    assert Path(settings.SECRETS["service_pwd"].source).is_symlink()
    assert (accepted(OLD), accepted(made)) == (True, True)
    assert made not in printed


def test_generate_says_how_long_workers_may_refuse_the_new_secret(secret_file, command, settings):
    settings.AUTH_CACHE_SECONDS = 5
    assert "Every worker takes it within 10 seconds" in command("--generate")


@pytest.mark.parametrize(("before", "after"), [(0o600, 0o600), (0o640, 0o640), (0o644, 0o640)])
def test_generate_keeps_who_may_read_the_file_but_for_everybody(
    secret_file, command, before, after
):
    secret_file.chmod(before)
    command("--generate")
    assert stat.S_IMODE(secret_file.stat().st_mode) == after


def test_generate_refuses_a_secret_that_is_no_file(service_user, command):
    with pytest.raises(CommandError, match=r"\$SERVICE_PWD, which a command cannot change"):
        command("--generate")
    assert accepted(OLD)


def test_generate_refuses_a_file_that_cannot_be_replaced(secret_file, command, monkeypatch):
    def read_only(*args, **kwargs):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("tempfile.mkstemp", read_only)
    with pytest.raises(CommandError, match="Read-only file system"):
        command("--generate")
    assert accepted(OLD)


def test_generate_leaves_the_file_alone_when_a_grace_is_refused(secret_file, command):
    command("--generate", "--grace", "24h")
    made = secret_file.read_text()
    with pytest.raises(CommandError, match="--end-grace"):
        command("--generate", "--grace", "24h")
    assert secret_file.read_text() == made


def test_generate_refuses_a_user_who_is_leaving(secret_file, command, configure):
    configure(username="renamed")
    command("--grace", "24h")
    configure(username="tester")
    with pytest.raises(CommandError, match="is the former user"):
        command("--generate")
    assert (secret_file.read_text(), accepted(OLD)) == (OLD, True)


def test_two_generations_at_once_leave_the_file_and_the_user_agreed(secret_file):
    threads = [
        threading.Thread(target=call_command, args=("seed_service_user", "--generate"))
        for _ in range(4)
    ]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert accepted(secret_file.read_text().strip())


# Arguments


@pytest.mark.parametrize("grace", ["", "24", "h", "-1h", "0s", "1w", "1.5h", "400d", "٣h"])
def test_a_grace_that_is_no_duration_is_refused(command, grace):
    with pytest.raises(CommandError, match="is no duration"):
        command(f"--grace={grace}")


@pytest.mark.parametrize("action", ["--end-grace", "--check"])
def test_a_grace_goes_with_seeding_alone(command, action):
    with pytest.raises(CommandError, match="--grace goes with seeding"):
        command("--grace", "1h", action)

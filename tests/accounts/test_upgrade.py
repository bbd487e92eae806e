"""A service that an earlier version seeded starts, and its clients get in."""

import datetime
from io import StringIO

import pytest
from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from accounts.hashers import is_accepted
from accounts.models import User
from accounts.stored_secrets import stored_secrets
from tests.support.accounts import NEW, SECRET

HOUR = datetime.timedelta(hours=1)


def former(secret):
    """What an earlier version stored, but for the number of rounds."""
    return PBKDF2PasswordHasher().encode(secret, "salt-of-the-tests", iterations=1)


@pytest.fixture
def earlier():
    """The service user as an earlier version seeded it."""
    return User.objects.create(
        username=settings.SERVICE_USER, password=former(SECRET), is_service_user=True
    )


def seed(*arguments):
    printed = StringIO()
    call_command("seed_service_user", *arguments, stdout=printed)
    return printed.getvalue()


def test_seeding_stores_the_same_secret_anew(earlier):
    assert stored_secrets.user_with(earlier.username, SECRET) is None
    assert seed() == "Updated service user tester.\n"
    assert stored_secrets.user_with(earlier.username, SECRET)
    assert seed() == "Unchanged: service user tester.\n"


def test_check_tells_that_it_is_to_be_stored_anew(earlier, capsys):
    with pytest.raises(SystemExit):
        call_command("seed_service_user", "--check")
    assert "stored as an earlier version did" in capsys.readouterr().out


def test_a_grace_that_runs_is_to_be_ended_first(earlier):
    earlier.former_password, earlier.former_password_until = former(NEW), timezone.now() + HOUR
    earlier.save()
    with pytest.raises(CommandError) as refused:
        seed()
    assert str(refused.value).splitlines()[1:] == [
        "First run manage.py seed_service_user --end-grace"
    ]
    seed("--end-grace")
    seed()
    assert stored_secrets.user_with(earlier.username, SECRET)


def test_a_grace_of_a_former_user_is_to_be_ended_first(earlier):
    User.objects.create(
        username="before",
        password=former(NEW),
        is_service_user=True,
        active_until=timezone.now() + HOUR,
    )
    with pytest.raises(CommandError, match="--end-grace"):
        seed()


def test_a_grace_that_is_over_stops_nothing(earlier):
    earlier.former_password, earlier.former_password_until = former(NEW), timezone.now() - HOUR
    earlier.save()
    assert seed() == "Updated service user tester.\n"


def test_a_rotation_with_a_grace_needs_the_present_secret_stored_anew_first(earlier):
    with pytest.raises(CommandError) as refused:
        seed("--grace", "1h")
    assert str(refused.value).splitlines()[1:] == ["First run manage.py seed_service_user"]
    assert not is_accepted(User.objects.get().password)


def test_what_an_account_of_another_kind_had_is_not_kept_for_a_grace(earlier):
    earlier.is_service_user = False
    earlier.password = former(NEW)
    earlier.save()
    seed("--grace", "1h")
    assert User.objects.get().former_password == ""


def test_the_counts_of_failures_are_removed():
    call_command("migrate", "accounts", "0002", verbosity=0)
    collection = connection.database["accounts_failurecount"]
    collection.insert_one({"_id": "x", "attempts": 1, "failures": 1, "locked": False})
    call_command("migrate", "accounts", verbosity=0)
    assert "accounts_failurecount" not in connection.introspection.table_names()
    assert ("accounts", "0003_no_failure_counts") in MigrationRecorder(
        connection
    ).applied_migrations()

"""`manage.py seed_service_user` keeps one account as the configuration says."""

import threading

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from accounts.models import User
from accounts.seeding import seed_service_user
from djongo_engine.schema.lock import LOCKS, LockLostError
from tests.support.accounts import NEW, SECRET


def seed(capsys):
    call_command("seed_service_user")
    return capsys.readouterr().out


def test_it_creates_the_service_user(capsys):
    assert seed(capsys) == f"Created service user {settings.SERVICE_USER}.\n"
    user = User.objects.get()
    assert user.check_password(SECRET)
    assert (user.is_superuser, user.is_staff) == (False, False)


def test_it_changes_nothing_the_second_time(capsys):
    seed(capsys)
    before = User.objects.values().get()
    assert seed(capsys) == f"Unchanged: service user {settings.SERVICE_USER}.\n"
    assert User.objects.values().get() == before


@pytest.mark.parametrize("change", [{"password": "!"}, {"is_active": False}])
def test_it_mends_what_was_changed(capsys, change):
    seed(capsys)
    User.objects.update(**change)
    assert seed(capsys) == f"Updated service user {settings.SERVICE_USER}.\n"
    assert User.objects.get().check_password(SECRET)
    assert User.objects.get().is_active


def test_it_deactivates_the_service_user_of_another_name(capsys, settings):
    seed(capsys)
    former = settings.SERVICE_USER
    settings.SERVICE_USER = "renamed"
    assert f"Deactivated {former}" in seed(capsys)
    assert list(User.objects.filter(is_active=True).values_list("username", flat=True)) == [
        "renamed"
    ]


def test_it_leaves_other_accounts_alone(capsys):
    User.objects.create_user("somebody", password="x")
    seed(capsys)
    assert User.objects.get(username="somebody").is_active


def test_it_never_prints_the_password(capsys):
    assert SECRET not in seed(capsys) + seed(capsys)


def test_seeding_that_lost_its_lock_stores_no_password(service_user):
    locks = connection.database[LOCKS]

    def lose_the_lock():
        locks.update_one({"_id": "seed_service_user"}, {"$set": {"owner": "another"}})
        return NEW

    with pytest.raises(LockLostError, match="run the same command again"):
        seed_service_user(service_user, lose_the_lock)
    locks.delete_one({"owner": "another"})
    assert User.objects.get().check_password(SECRET)


def test_seeding_side_by_side_ends_at_one_account():
    def run():
        seed_service_user("service", "password")

    threads = [threading.Thread(target=run) for _ in range(6)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert User.objects.get().check_password("password")


def test_djangos_own_user_commands_work(capsys, monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "x")
    call_command("createsuperuser", username="root", email="root@example.org", interactive=False)
    monkeypatch.setattr("getpass.getpass", lambda prompt: NEW)
    call_command("changepassword", "root")
    assert User.objects.get(username="root").check_password(NEW)

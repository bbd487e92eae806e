"""Which secrets of a user are valid, and until when."""

import datetime

import pytest
from django.utils import timezone

from accounts.models import User

NOW = timezone.now()
SOON, LATER = (NOW + datetime.timedelta(hours=hours) for hours in (1, 2))
PAST = NOW - datetime.timedelta(hours=1)


def valid(**fields):
    user = User(username="x", password="current", former_password="former", **fields)
    return user.valid_secrets(NOW)


def test_the_current_secret_never_ends_by_itself():
    assert valid() == [("current", None)]


def test_the_former_secret_ends_with_its_grace():
    assert valid(former_password_until=SOON) == [("current", None), ("former", SOON)]
    assert valid(former_password_until=PAST) == [("current", None)]


def test_a_leaving_user_ends_with_both_secrets():
    assert valid(active_until=SOON, former_password_until=LATER) == [
        ("current", SOON),
        ("former", SOON),
    ]
    assert valid(active_until=LATER, former_password_until=SOON) == [
        ("current", LATER),
        ("former", SOON),
    ]


@pytest.mark.parametrize("fields", [{"is_active": False}, {"active_until": PAST}])
def test_a_user_that_is_not_active_has_none(fields):
    assert valid(**fields) == []

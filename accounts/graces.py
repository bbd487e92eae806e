"""The graces of a rotation, and what would shut somebody out during one.

With a grace the former secret, or the user of a former name, stays valid until a deadline. Until
then some hosts may still have the former configuration.
"""

import datetime

from django.contrib.auth.hashers import is_password_usable
from django.utils import timezone

from accounts import audit
from accounts.hashers import is_accepted
from accounts.models import User
from accounts.service_user import State, one_at_a_time, service_user_state


class RotationError(Exception):
    """The rotation would shut out somebody who may log in; the message says what to do."""


def graces(now: datetime.datetime) -> dict[str, datetime.datetime]:
    """Return each running grace: what is valid, and until when."""
    running = {}
    for user in User.objects.filter(is_service_user=True, is_active=True).order_by("username"):
        if user.active_until is not None and user.is_leaving(now):
            running[f"The former user {user.username}"] = user.active_until
        elif user.former_password_until is not None and user.has_former_password(now):
            running[f"The former password of {user.username}"] = user.former_password_until
    return running


def end_grace(username: str, password: str) -> list[str]:
    """End every grace, also one that ran out; return the names of the users whose grace ran.

    Raises RotationError when that would shut out this configuration, and LockLostError.
    """
    with one_at_a_time() as still_alone:
        now = timezone.now()
        if service_user_state(username, password) is State.FORMER:
            raise RotationError(
                "This configuration holds what the rotation replaced, and would be shut out. "
                "Give it the new SERVICE_USER and service_pwd first."
            )
        ended = []
        for user in User.objects.filter(is_service_user=True).order_by("username"):
            if not (user.former_password or user.active_until):
                continue
            running = user.has_former_password(now) or user.is_leaving(now)
            if user.active_until is not None:
                user.is_active = False
            user.active_until = user.former_password_until = None
            user.former_password = ""
            still_alone()
            user.save()
            if running:
                audit.record("grace_ended", user.username)
                ended.append(user.username)
        return ended


def record_grace(user: User, until: datetime.datetime | None) -> None:
    """Note in the audit trail that a grace was given, and until when."""
    audit.record("grace_set", user.username, until=f"{until:%Y-%m-%dT%H:%M:%SZ}")


def refuse_former_hashes(now: datetime.datetime, grace: datetime.timedelta | None) -> None:
    """Raise RotationError where a grace would keep what an earlier version stored."""
    for user in User.objects.filter(is_service_user=True, is_active=True):
        secrets = user.valid_secrets(now)
        runs = any(until for _, until in secrets)
        former = [e for e, _ in secrets if is_password_usable(e) and not is_accepted(e)]
        if former and (runs or grace):
            raise RotationError(
                f"A secret of {user.username} is stored as an earlier version did, and cannot be "
                "kept for a grace.\n"
                f"First run manage.py seed_service_user{' --end-grace' if runs else ''}"
            )


def refuse_second_grace(
    user: User | None, grace: datetime.timedelta | None, now: datetime.datetime
) -> None:
    """Raise RotationError where a grace would cut short the one that runs."""
    if grace is not None and user is not None and user.has_former_password(now):
        raise RotationError(
            f"The former password of {user.username} is valid until "
            f"{user.former_password_until:%Y-%m-%d %H:%M} UTC, and a user has no more than two. "
            "End that with --end-grace first."
        )

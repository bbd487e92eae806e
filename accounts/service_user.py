"""Keeps the service user as the configuration says, and rotates its secret.

With a grace the former secret, or the user of a former name, stays valid until a deadline. Until
then some hosts may still have the former configuration. Seeding that without a grace, as
`manage.py serve` does at its start, changes nothing.
"""

import datetime
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum

from django.contrib.auth.hashers import check_password, is_password_usable
from django.db import connection
from django.utils import timezone

from accounts import audit
from accounts.hashers import is_accepted
from accounts.models import User
from djongo_engine.schema.lock import database_lock

_SEEDED_FIELDS = (
    "password",
    "former_password",
    "former_password_until",
    "is_active",
    "is_service_user",
    "active_until",
)


class State(Enum):
    """How the stored service user relates to the configuration."""

    MATCHES = "has the configured password"
    FORMER = "is what a rotation replaced, and valid for its grace alone"
    OUTDATED = "has the configured password, stored as an earlier version did"
    DIFFERS = "has another password"
    INACTIVE = "is not active"
    MISSING = "does not exist"


class RotationError(Exception):
    """The rotation would shut out somebody who may log in; the message says what to do."""


@dataclass
class Seeded:
    """What seeding found (`state`) and did. It leaves MATCHES, or FORMER where it found that."""

    state: State
    changed: bool = False
    deactivated: list[str] = field(default_factory=list)


def service_user_state(username: str, password: str) -> State:
    """Compare the stored user with a name and a password; writes nothing."""
    return _state(_stored(username), password, timezone.now())


def seed_service_user(
    username: str,
    password: str | Callable[[], str],
    grace: datetime.timedelta | None = None,
) -> Seeded:
    """Create or update the service user; retire one that had another name.

    If the password is a function, it is called once nothing prevents seeding. It is safe to run
    this again and side by side: one seeding waits for another, and writes only what differs.

    Raises RotationError when a grace is asked for while another runs, when a password is to be
    made for a user who is leaving, and when a grace would keep what an earlier version stored.
    """
    with _one_at_a_time():
        now = timezone.now()
        _refuse_former_hashes(now, grace)
        user = _stored(username)
        if callable(password):
            _refuse_second_grace(user, grace, now)
            if user is not None and user.is_leaving(now):
                raise RotationError(
                    f"{user.username} is the former user, to which no new password is given. "
                    "Set the new SERVICE_USER first."
                )
            password = password()
        state = _state(user, password, now)
        if state is State.FORMER and grace is None:
            return Seeded(state)
        if user is None:
            user = User.objects.create_user(username, password=password, is_service_user=True)
            audit.record("seed", user.username, change="created")
            seeded = Seeded(state, changed=True)
        else:
            seeded = Seeded(state, changed=_update(user, password, state, grace, now))
        seeded.deactivated = _retire_others(user, grace, now)
        return seeded


def end_grace(username: str, password: str) -> list[str]:
    """End every grace, also one that ran out; return the names of the users whose grace ran.

    Raises RotationError when that would shut out this configuration.
    """
    with _one_at_a_time():
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
            user.save()
            if running:
                audit.record("grace_ended", user.username)
                ended.append(user.username)
        return ended


def graces(now: datetime.datetime) -> dict[str, datetime.datetime]:
    """Return each running grace: what is valid, and until when."""
    running = {}
    for user in User.objects.filter(is_service_user=True, is_active=True).order_by("username"):
        if user.active_until is not None and user.is_leaving(now):
            running[f"The former user {user.username}"] = user.active_until
        elif user.former_password_until is not None and user.has_former_password(now):
            running[f"The former password of {user.username}"] = user.former_password_until
    return running


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    database = connection.database  # type: ignore[attr-defined]
    with database_lock(database, "seed_service_user", lambda holder: None):
        yield


def _stored(username: str) -> User | None:
    return User.objects.filter(username=User.normalize_username(username)).first()


def _state(user: User | None, password: str, now: datetime.datetime) -> State:
    if user is None:
        return State.MISSING
    if user.is_leaving(now):
        return State.FORMER
    if check_password(password, user.password):
        if not user.may_log_in(now):
            return State.INACTIVE
        return State.MATCHES if is_accepted(user.password) else State.OUTDATED
    if user.has_former_password(now) and check_password(password, user.former_password):
        return State.FORMER
    return State.DIFFERS


def _update(
    user: User,
    password: str,
    state: State,
    grace: datetime.timedelta | None,
    now: datetime.datetime,
) -> bool:
    """Give the user the password, and make it the active service user; tell what changed."""
    before = {name: getattr(user, name) for name in _SEEDED_FIELDS}
    matches, accepted = check_password(password, user.password), is_accepted(user.password)
    if grace is not None and not matches and accepted and user.may_log_in(now):
        if state is not State.FORMER:
            _refuse_second_grace(user, grace, now)
        user.former_password, user.former_password_until = user.password, now + grace
    if not (matches and accepted):
        user.set_password(password)
    user.is_active = user.is_service_user = True
    user.active_until = None
    changed = [name for name, value in before.items() if getattr(user, name) != value]
    if changed:
        user.save(update_fields=changed)
        audit.record("seed", user.username, change="updated")
    if "former_password" in changed:
        _record_grace(user, user.former_password_until)
    return bool(changed)


def _record_grace(user: User, until: datetime.datetime | None) -> None:
    audit.record("grace_set", user.username, until=f"{until:%Y-%m-%dT%H:%M:%SZ}")


def _refuse_former_hashes(now: datetime.datetime, grace: datetime.timedelta | None) -> None:
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


def _refuse_second_grace(
    user: User | None, grace: datetime.timedelta | None, now: datetime.datetime
) -> None:
    """Raise RotationError where a grace would cut short the one that runs."""
    if grace is not None and user is not None and user.has_former_password(now):
        raise RotationError(
            f"The former password of {user.username} is valid until "
            f"{user.former_password_until:%Y-%m-%d %H:%M} UTC, and a user has no more than two. "
            "End that with --end-grace first."
        )


def _retire_others(
    user: User, grace: datetime.timedelta | None, now: datetime.datetime
) -> list[str]:
    """Deactivate the service users of other names, at once or at the end of the grace."""
    deactivated = []
    others = User.objects.filter(is_service_user=True, is_active=True).exclude(pk=user.pk)
    for other in others.order_by("username"):
        if other.is_leaving(now):
            continue
        if grace is not None and other.active_until is None:
            other.active_until = now + grace
            other.save(update_fields=["active_until"])
            _record_grace(other, other.active_until)
        else:
            other.is_active = False
            other.save(update_fields=["is_active"])
            audit.record("deactivated", other.username)
            deactivated.append(other.username)
    return deactivated

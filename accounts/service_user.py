"""The stored service user, and how it relates to the configuration."""

import datetime
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum

from django.contrib.auth.hashers import check_password
from django.db import connection
from django.utils import timezone

from accounts.hashers import is_accepted
from accounts.models import User
from djongo_engine.schema.lock import database_lock


class State(Enum):
    """How the stored service user relates to the configuration."""

    MATCHES = "has the configured password"
    FORMER = "is what a rotation replaced, and valid for its grace alone"
    OUTDATED = "has the configured password, stored as an earlier version did"
    DIFFERS = "has another password"
    INACTIVE = "is not active"
    MISSING = "does not exist"


def service_user_state(username: str, password: str) -> State:
    """Compare the stored user with a name and a password; writes nothing."""
    return state_of(stored_user(username), password, timezone.now())


def stored_user(username: str) -> User | None:
    """Return the user of a name, as it is typed; None where there is none."""
    return User.objects.filter(username=User.normalize_username(username)).first()


def state_of(user: User | None, password: str, now: datetime.datetime) -> State:
    """Compare a user with a password; writes nothing."""
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


@contextmanager
def one_at_a_time() -> Iterator[Callable[[], None]]:
    """Wait until no other process changes the service user, and keep others waiting.

    Call the function that this yields before each change: it raises LockLostError once another
    process may make changes too.
    """
    database = connection.database  # type: ignore[attr-defined]
    with database_lock(database, "seed_service_user", lambda holder: None) as still_alone:
        yield still_alone

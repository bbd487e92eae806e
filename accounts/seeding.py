"""Keeps the service user as the configuration says, and rotates its secret.

`manage.py serve` seeds at its start, without a grace. Where a host still has the former
configuration and a grace runs, that changes nothing.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass, field

from django.contrib.auth.hashers import check_password
from django.utils import timezone

from accounts import audit
from accounts.graces import (
    RotationError,
    record_grace,
    refuse_former_hashes,
    refuse_second_grace,
)
from accounts.hashers import is_accepted
from accounts.models import User
from accounts.service_user import State, one_at_a_time, state_of, stored_user

_SEEDED_FIELDS = (
    "password",
    "former_password",
    "former_password_until",
    "is_active",
    "is_service_user",
    "active_until",
)


@dataclass
class Seeded:
    """What seeding found (`state`) and did. It leaves MATCHES, or FORMER where it found that."""

    state: State
    changed: bool = False
    deactivated: list[str] = field(default_factory=list)


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
    Raises LockLostError.
    """
    with one_at_a_time() as still_alone:
        now = timezone.now()
        refuse_former_hashes(now, grace)
        user = stored_user(username)
        if callable(password):
            refuse_second_grace(user, grace, now)
            if user is not None and user.is_leaving(now):
                raise RotationError(
                    f"{user.username} is the former user, to which no new password is given. "
                    "Set the new SERVICE_USER first."
                )
            still_alone()
            password = password()
        state = state_of(user, password, now)
        if state is State.FORMER and grace is None:
            return Seeded(state)
        still_alone()
        if user is None:
            user = User.objects.create_user(username, password=password, is_service_user=True)
            audit.record("seed", user.username, change="created")
            seeded = Seeded(state, changed=True)
        else:
            seeded = Seeded(state, changed=_update(user, password, state, grace, now))
        seeded.deactivated = _retire_others(user, grace, now)
        return seeded


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
            refuse_second_grace(user, grace, now)
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
        record_grace(user, user.former_password_until)
    return bool(changed)


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
            record_grace(other, other.active_until)
        else:
            other.is_active = False
            other.save(update_fields=["is_active"])
            audit.record("deactivated", other.username)
            deactivated.append(other.username)
    return deactivated

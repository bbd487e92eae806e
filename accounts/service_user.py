"""The one account that clients log in with, kept as the configuration says."""

from dataclasses import dataclass

from django.db import IntegrityError

from accounts.models import User


@dataclass(frozen=True)
class Seeded:
    """What seeding did: one of the flags or none, and the names it deactivated."""

    created: bool
    changed: bool
    deactivated: list[str]


def seed_service_user(username: str, password: str) -> Seeded:
    """Create or update the service user; deactivate one that had another name.

    Safe to run again and side by side: two at once end at the same account. Writes nothing
    that is already as it should be.
    """
    former = User.objects.filter(is_service_user=True, is_active=True).exclude(username=username)
    deactivated = sorted(former.values_list("username", flat=True))
    user = User.objects.filter(username=username).first()
    created = False
    if user is None:
        try:
            user = User.objects.create_user(username, password=password, is_service_user=True)
            created = True
        except IntegrityError:
            # Another seeding came first; make sure that it seeded the same.
            user = User.objects.get(username=username)
    changed = not created and _update(user, password)
    former.update(is_active=False)
    return Seeded(created, changed, deactivated)


def _update(user: User, password: str) -> bool:
    fields = []
    if not user.check_password(password):
        user.set_password(password)
        fields.append("password")
    for flag in ("is_active", "is_service_user"):
        if not getattr(user, flag):
            setattr(user, flag, True)
            fields.append(flag)
    if fields:
        user.save(update_fields=fields)
    return bool(fields)

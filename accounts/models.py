"""The user model."""

import datetime

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """An account; the service has one, seeded by `seed_service_user`."""

    is_service_user = models.BooleanField(
        default=False,
        editable=False,
        help_text="Seeded from the configuration; deactivated when SERVICE_USER names another.",
    )
    former_password = models.CharField(
        max_length=128,
        blank=True,
        default="",
        editable=False,
        help_text="The hash of the password before, valid until former_password_until.",
    )
    former_password_until = models.DateTimeField(null=True, editable=False)
    active_until = models.DateTimeField(
        null=True,
        editable=False,
        help_text="The end of the account, set when SERVICE_USER named another with a grace.",
    )

    def may_log_in(self, now: datetime.datetime) -> bool:
        """Tell whether the account is active."""
        return self.is_active and (self.active_until is None or now < self.active_until)

    def is_leaving(self, now: datetime.datetime) -> bool:
        """Tell whether the account is active for its grace alone."""
        return self.active_until is not None and self.may_log_in(now)

    def has_former_password(self, now: datetime.datetime) -> bool:
        """Tell whether the password before is still valid."""
        return self.former_password_until is not None and now < self.former_password_until

    def valid_secrets(self, now: datetime.datetime) -> list[tuple[str, datetime.datetime | None]]:
        """Return each stored secret that is valid, with the moment when it ends (None: never)."""
        if not self.may_log_in(now):
            return []
        secrets = [(self.password, self.active_until)]
        if self.has_former_password(now):
            ends = filter(None, (self.former_password_until, self.active_until))
            secrets.append((self.former_password, min(ends)))
        return secrets

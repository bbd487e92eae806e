"""The user model, and the counts of failed logins."""

import datetime

from django.contrib.auth.models import AbstractUser
from django.db import models

from accounts.failures import FailureManager


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

    def has_grace(self, now: datetime.datetime) -> bool:
        """Tell whether the password before, or the account itself, may be used for a while."""
        return self.may_log_in(now) and (self.has_former_password(now) or self.is_leaving(now))

    def valid_hashes(self, now: datetime.datetime) -> list[str]:
        """Return the stored hashes that a password may match, the current one first."""
        former = [self.former_password] if self.has_former_password(now) else []
        return [self.password, *former]


class FailureCount(models.Model):
    """Attempts of one (username, address), or of one address, in one window.

    `attempts` counts those that failed and those under way.
    """

    key = models.CharField(primary_key=True, db_column="_id", max_length=64)
    attempts = models.PositiveIntegerField()
    failures = models.PositiveIntegerField()
    locked = models.BooleanField(help_text="The lockout was reported.")
    expires = models.DateTimeField(help_text="The end of the window; MongoDB removes it then.")

    objects = FailureManager()

    def __str__(self) -> str:
        return f"{self.failures} failures until {self.expires:%H:%M:%S}"

"""Create or update the service user from the configuration."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from accounts.service_user import seed_service_user


class Command(BaseCommand):
    """`manage.py seed_service_user`."""

    help = "Create or update the service user (SERVICE_USER) with the secret service_pwd."

    def handle(self, *args: Any, **options: Any) -> None:
        """Seed, and say what changed; never the password."""
        name = settings.SERVICE_USER
        seeded = seed_service_user(name, settings.SECRETS["service_pwd"].value)
        done = "Created" if seeded.created else "Updated" if seeded.changed else "Unchanged:"
        self.stdout.write(f"{done} service user {name}.")
        for former in seeded.deactivated:
            self.stdout.write(f"Deactivated {former}, the service user before.")

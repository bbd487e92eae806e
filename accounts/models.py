"""The user model."""

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """An account; the service has one, seeded by `seed_service_user`."""

    is_service_user = models.BooleanField(
        default=False,
        editable=False,
        help_text="Seeded from the configuration; deactivated when SERVICE_USER names another.",
    )

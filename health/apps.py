"""The health app."""

from django.apps import AppConfig


class HealthConfig(AppConfig):
    """Serves `/health`."""

    name = "health"

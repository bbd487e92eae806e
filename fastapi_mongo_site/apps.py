"""The project as an app, for its system checks, commands, templates and static files."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    """Registers the system checks of the configuration."""

    name = "fastapi_mongo_site"
    label = "site"
    verbose_name = "Service"

    def ready(self) -> None:
        """Import the checks, which registers them."""
        from fastapi_mongo_site import checks  # noqa: F401

"""The engine as an app: its system checks, and a `migrate` that several hosts may run at once."""

from django.apps import AppConfig


class DjongoEngineConfig(AppConfig):
    """Registers the engine's system checks, and mends djongo's fields."""

    name = "djongo_engine"
    verbose_name = "Djongo engine"

    def ready(self) -> None:
        """Import the checks, which registers them."""
        from djongo_engine import checks  # noqa: F401
        from djongo_engine.fields import mend_fields

        # The connection does so too, but a form may come before it.
        mend_fields()

"""The accounts app."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_delete, post_save


class AccountsConfig(AppConfig):
    """Holds the user model and Basic authentication."""

    name = "accounts"

    def ready(self) -> None:
        """Register the checks; let a change of a user count at once in this process."""
        from accounts import checks  # noqa: F401
        from accounts.stored_secrets import stored_secrets

        def forget(**kwargs: Any) -> None:
            stored_secrets.forget()

        for signal in (post_save, post_delete):
            signal.connect(forget, sender="accounts.User", weak=False)

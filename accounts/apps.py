"""The accounts app."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_delete, post_save


class AccountsConfig(AppConfig):
    """Holds the user model, and keeps what is cached of it true."""

    name = "accounts"

    def ready(self) -> None:
        """Register the checks; let a change of a user take effect at once in this process."""
        from accounts import checks  # noqa: F401
        from accounts.authenticator import authenticator

        authenticator()

        def forget(**kwargs: Any) -> None:
            authenticator().cache.forget_users()

        for signal in (post_save, post_delete):
            signal.connect(forget, sender="accounts.User", weak=False)

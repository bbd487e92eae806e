"""Django's `check`, which also estimates whether service_pwd and metrics_pwd can be guessed."""

from typing import Any

from django.core.checks import register
from django.core.management.commands import check

from accounts.checks import check_guessable


class Command(check.Command):
    """`manage.py check`."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the system checks, with the one that takes too long for every command."""
        register(check_guessable)
        super().handle(*args, **options)

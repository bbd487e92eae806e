"""Django's `check`, which also estimates whether service_pwd and metrics_pwd can be guessed."""

from django.core.checks import register
from django.core.management.commands.check import Command  # noqa: F401

from accounts.checks import check_guessable

register(check_guessable)

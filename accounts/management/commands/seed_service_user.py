"""Create or update the service user from the configuration, or rotate its password."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils import timezone

from accounts.durations import duration
from accounts.graces import RotationError, end_grace, graces
from accounts.secret_rules import REMEDY, any_is_taken, guessable
from accounts.seeding import seed_service_user
from accounts.service_user import State, service_user_state
from djongo_engine.schema.lock import LockLostError
from fastapi_mongo_site.command_help import ProjectCommand
from fastapi_mongo_site.configuration import Secret
from fastapi_mongo_site.secret_files import NoFileError, replace_secret

EXAMPLES = """\
examples:
  manage.py seed_service_user                           as configured
  manage.py seed_service_user --check                   is it as configured?
  manage.py seed_service_user --generate --grace=24h    a new secret beside the former
  manage.py seed_service_user --end-grace               the former is out
"""


class Command(ProjectCommand):
    """`manage.py seed_service_user`; never prints the password."""

    help = "Create or update the service user (SERVICE_USER) with the secret service_pwd."
    examples = EXAMPLES

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the options of a rotation."""
        parser.add_argument(
            "--grace",
            type=duration,
            metavar="DURATION",
            help="keep the former password, or user, valid for 90s, 30m, 24h, 7d ...",
        )
        actions = parser.add_mutually_exclusive_group()
        actions.add_argument(
            "--generate",
            action="store_true",
            help="first write a new random service_pwd file; if that is interrupted, seed again "
            "without --generate, and with --grace if there was one",
        )
        actions.add_argument(
            "--end-grace", action="store_true", help="end the grace now; seeds nothing"
        )
        actions.add_argument(
            "--check",
            action="store_true",
            help="exit with 0 if the stored user has the configured password, else with 1",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what the options ask for, and say what changed."""
        name = settings.SERVICE_USER
        secret = settings.SECRETS["service_pwd"]
        if options["grace"] and (options["end_grace"] or options["check"]):
            raise CommandError("--grace goes with seeding, not with --end-grace or --check.")
        try:
            if options["check"]:
                self._check(name, secret.value)
            elif options["end_grace"]:
                ended = end_grace(name, secret.value)
                self.stdout.write(f"Ended the grace of {', '.join(ended) or 'nobody'}.")
            else:
                self._seed(name, secret, options["generate"], options["grace"])
        except (RotationError, NoFileError, LockLostError) as error:
            raise CommandError(str(error)) from error

    def _check(self, name: str, password: str) -> None:
        state = service_user_state(name, password)
        self.stdout.write(f"Service user {name} {state.value}.")
        if state is not State.MATCHES:
            raise SystemExit(1)

    def _seed(self, name: str, secret: Secret, generate: bool, grace: timedelta | None) -> None:
        if generate:
            seeded = seed_service_user(name, lambda: replace_secret(secret), grace)
            # What stored_secrets promises: no worker logs in by a reading that is older.
            seconds = 2 * settings.AUTH_CACHE_SECONDS
            self.stdout.write(
                f"The new password is in {secret.source}. Every worker takes it within "
                f"{seconds:g} seconds; give it to clients then."
            )
        elif not any_is_taken() and (fault := guessable(secret.value)):
            raise CommandError(f"The secret service_pwd from {secret.source} {fault}.\n{REMEDY}")
        else:
            seeded = seed_service_user(name, secret.value, grace)
        if seeded.state is State.FORMER and not seeded.changed:
            self.stdout.write(f"Unchanged: service user {name} {seeded.state.value}.")
        else:
            created = seeded.state is State.MISSING
            done = "Created" if created else "Updated" if seeded.changed else "Unchanged:"
            self.stdout.write(f"{done} service user {name}.")
        for former in seeded.deactivated:
            self.stdout.write(f"Deactivated {former}, a former service user.")
        for what, until in graces(timezone.now()).items():
            self.stdout.write(f"{what} is valid until {until:%Y-%m-%d %H:%M:%S} UTC.")

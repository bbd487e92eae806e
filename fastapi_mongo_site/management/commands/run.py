"""Run the service on this machine with nothing configured: `make run`."""

import multiprocessing
import os
import signal
import sys
from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

import manage
from fastapi_mongo_site.addresses import refuse_addresses_in_use
from fastapi_mongo_site.command_help import ProjectCommand
from fastapi_mongo_site.local.embedded_mongo import EmbeddedMongoError, is_needed
from fastapi_mongo_site.local.secrets import create_missing
from fastapi_mongo_site.local.shared_mongo import SharedMongo
from fastapi_mongo_site.parent import leave_interrupts_to_parent

EXAMPLES = """\
examples:
  make run                    the same, and first installs what is missing
  manage.py run
  manage.py run --reload      restart on a change of code
  PORT=8001 manage.py run     listen elsewhere
"""


class Command(ProjectCommand):
    """`manage.py run`: makes what is missing, then `manage.py serve` in a process of its own.

    The child reads the settings anew, with the secrets and the URL that were made here.
    """

    help = "Create missing local secrets, start the embedded MongoDB if none is configured, serve."
    examples = EXAMPLES
    # This creates what the checks would miss; the child runs them.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add --reload."""
        parser.add_argument(
            "-r", "--reload", action="store_true", help="restart on a change of code"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until SIGINT or SIGTERM; stop the service first, then the database."""
        refuse_addresses_in_use()
        directory = settings.BASE_DIR / "secrets"
        try:
            created = create_missing(settings.SECRETS, directory)
        except OSError as why:
            raise CommandError(f"No secret can be made in {directory}: {why}") from why
        for path in created:
            self.say(f"Created    {path}")
        arguments = ["manage.py", "serve", *(["--reload"] if options["reload"] else [])]
        database = SharedMongo(settings.VAR_DIR) if is_needed() else None
        python = os.path.relpath(sys.executable)
        child = multiprocessing.get_context("spawn").Process(target=_serve, args=(arguments,))
        stopped = False

        def stop(signum: int, frame: FrameType | None) -> None:
            nonlocal stopped
            # Not an Event: a second signal that interrupts its set() would wait for ever.
            stopped = True
            if child.pid is not None:
                child.terminate()

        # From here on a signal stops the child, and this process waits for what it started.
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, stop)
        try:
            if database:
                self.say(f"Starting   the embedded MongoDB, data in {database.directory}")
                database.acquire()
                if database.is_empty(settings.MONGO_DB):
                    self.say(f"Empty      {python} manage.py load_samples adds 200 items")
            if not stopped:
                self.say("Starting   the service")
                child.start()
                child.join()
        except EmbeddedMongoError as error:
            raise CommandError(str(error)) from error
        finally:
            if database:
                database.release()
        sys.exit(0 if stopped else child.exitcode)

    def say(self, line: str) -> None:
        """Print a line at once, also where the output is no terminal."""
        self.stdout.write(line)
        self.stdout.flush()


def _serve(arguments: list[str]) -> None:
    leave_interrupts_to_parent()
    sys.argv = arguments
    manage.main()

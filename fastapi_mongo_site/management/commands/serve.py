"""Migrate, seed the service user and serve: what a deployment runs."""

import io
import multiprocessing
import signal
import sys
import threading
import time
from argparse import ArgumentParser
from functools import partial
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.checks import register
from django.core.management import call_command
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from accounts.checks import check_guessable
from fastapi_mongo_site import writes
from fastapi_mongo_site.addresses import refuse_addresses_in_use
from fastapi_mongo_site.command_help import ProjectCommand
from fastapi_mongo_site.logs.start import GRANIAN, log_serving, log_start
from fastapi_mongo_site.logs.uncaught import log_uncaught
from fastapi_mongo_site.parent import stop_with_parent
from fastapi_mongo_site.preparation import when_database_answers
from fastapi_mongo_site.supervision import Supervision, supervision
from fastapi_mongo_site.supervisor.probes import Probes, accepts
from fastapi_mongo_site.worker import load_application
from health import database

LOOK_SECONDS = 0.05
"""How often a start looks whether a worker accepts connections."""
SIGNALS = (signal.SIGINT, signal.SIGTERM)
MAX_HEAD_BYTES = 32 * 1024
"""Of a request line and all headers; Granian lets what it read with the last of them pass."""


EXAMPLES = """\
examples:
  manage.py serve
  WORKERS=4 HOST=0.0.0.0 manage.py serve
  manage.py serve --no-migrate --no-seed     another job has done both
"""


class Command(ProjectCommand):
    """`manage.py serve`: needs a complete configuration, and a MongoDB before it serves."""

    help = "Migrate, seed the service user, and serve under Granian on HOST:PORT."
    examples = EXAMPLES

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the options of a start."""
        parser.add_argument(
            "-r", "--reload", action="store_true", help="restart on a change of code"
        )
        parser.add_argument(
            "--no-wait",
            action="store_true",
            help="exit with 1 if MongoDB does not answer, instead of waiting for it",
        )
        parser.add_argument(
            "--no-migrate", action="store_true", help="leave the migrations to another job"
        )
        parser.add_argument(
            "--no-seed", action="store_true", help="leave the service user to another job"
        )

    def check(self, *args: Any, **options: Any) -> None:
        """Run the system checks, with the one that takes too long for every command."""
        register(check_guessable)
        super().check(*args, **options)

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until SIGINT or SIGTERM, then end within STOP_SECONDS."""
        for number in SIGNALS:
            # Until Granian takes over. An interrupt would leave a traceback.
            signal.signal(number, leave)
        stop_with_parent()
        log_uncaught()
        refuse_addresses_in_use()
        with supervision() as supervised:
            log_start()
            prepare = partial(self._prepare, options["no_migrate"], options["no_seed"])
            prepare() if options["no_wait"] else when_database_answers(prepare)
            self._serve(supervised, options["reload"])

    def _prepare(self, no_migrate: bool, no_seed: bool) -> None:
        if not no_migrate:
            call_command("migrate", verbosity=0, interactive=False)
        if not no_seed:
            # Its line of the audit trail says the same.
            stdout = io.StringIO() if settings.LOG_FORMAT == "json" else self.stdout
            call_command("seed_service_user", stdout=stdout)
        if no_migrate and no_seed:
            database.check()

    def _serve(self, supervised: Supervision, reload: bool) -> None:
        # Fresh interpreters: a fork would share this process's MongoDB sockets and threads.
        multiprocessing.set_start_method("spawn", force=True)
        server = Granian(
            "fastapi_mongo_site.wsgi:application",
            address=settings.HOST,
            port=settings.PORT,
            interface=Interfaces.WSGI,
            # An HTTP/2 client may let no answer come, which stops the worker.
            http=HTTPModes.http1,
            http1_settings=HTTP1Settings(max_buffer_size=MAX_HEAD_BYTES),
            workers=settings.WORKERS,
            blocking_threads=settings.THREADS,
            respawn_failed_workers=True,
            # The rest is for this process to end.
            workers_kill_timeout=settings.STOP_SECONDS - 1,
            # It warns of more THREADS than twice the cores, but here they wait for MongoDB.
            log_level=LogLevels.error,
            log_dictconfig=GRANIAN,
            reload=reload,
            reload_paths=[settings.BASE_DIR],
            reload_ignore_paths=[settings.VAR_DIR],
        )
        server.on_startup(partial(take_one_signal, supervised.probes))
        server.on_startup(supervised.workers.start)
        server.on_startup(threading.Thread(target=self._say_where, daemon=True).start)
        listened_to = supervised.outbox if settings.MANAGEMENT_PORT else None
        loader = partial(load_application, listened_to, writes.share(writes.new_code()))
        server.serve(target_loader=loader, wrap_loader=False)

    def _say_where(self) -> None:
        """Say where the service is, once a worker accepts connections."""
        while not accepts(settings.HOST, settings.PORT):
            time.sleep(LOOK_SECONDS)
        host = f"[{settings.HOST}]" if ":" in settings.HOST else settings.HOST
        address = f"http://{host}:{settings.PORT}"
        if settings.LOG_FORMAT == "json":
            log_serving(address)
            return
        self.stdout.write(
            f"Serving    {address}\n"
            f"Docs       {address}/docs\n"
            f"User       {settings.SERVICE_USER}\n"
            f"Password   in {settings.SECRETS['service_pwd'].source}"
        )
        self.stdout.flush()


def ignore_signals() -> None:
    """Let no further signal interrupt a stop."""
    for number in SIGNALS:
        signal.signal(number, lambda signum, frame: None)


def leave(signum: int, frame: FrameType | None) -> None:
    """End a start that is under way."""
    ignore_signals()
    sys.exit(0)


def take_one_signal(probes: Probes) -> None:
    """Let the first signal stop the server, and ignore any after it; a SIGTERM drains it before.

    Granian's handler sets a threading.Event. A second signal that interrupts it, such as a second
    Ctrl-C, would set it again and wait for ever.
    """
    stop_server: Any = signal.getsignal(signal.SIGINT)

    def stop(signum: int, frame: FrameType | None) -> None:
        ignore_signals()
        probes.draining = True
        if signum == signal.SIGTERM and settings.DRAIN_SECONDS:
            timer = threading.Timer(settings.DRAIN_SECONDS, stop_server, (signum, frame))
            timer.daemon = True
            timer.start()
        else:
            stop_server(signum, frame)

    for number in SIGNALS:
        signal.signal(number, stop)

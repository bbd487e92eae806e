"""Migrate, seed the service user and serve: what a deployment runs."""

import multiprocessing
import signal
import socket
import sys
from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.checks import register
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from fastapi_mongo_site.parent import stop_with_parent

STOP_SECONDS = 4


class Command(BaseCommand):
    """`manage.py serve`: needs a complete configuration and a MongoDB."""

    help = "Migrate, seed the service user, and serve under Granian on HOST:PORT."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add --reload."""
        parser.add_argument(
            "-r", "--reload", action="store_true", help="restart on a change of code"
        )

    def check(self, *args: Any, **options: Any) -> None:
        """Run the system checks, with the one that takes too long for every command."""
        # Not above: `run` imports this module before Django has loaded the apps.
        from accounts.checks import check_guessable

        register(check_guessable)
        super().check(*args, **options)

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until SIGINT or SIGTERM, then end within five seconds."""
        for signum in (signal.SIGINT, signal.SIGTERM):
            # Until Granian takes over. An interrupt would leave a traceback.
            signal.signal(signum, lambda number, frame: sys.exit(0))
        stop_with_parent()
        refuse_port_in_use(settings.HOST, settings.PORT)
        call_command("migrate", verbosity=0, interactive=False)
        call_command("seed_service_user", stdout=self.stdout)
        # Fresh interpreters: a fork would share this process's MongoDB sockets and threads.
        multiprocessing.set_start_method("spawn", force=True)
        server = Granian(
            "fastapi_mongo_site.wsgi:application",
            address=settings.HOST,
            port=settings.PORT,
            interface=Interfaces.WSGI,
            workers=settings.WORKERS,
            blocking_threads=settings.THREADS,
            respawn_failed_workers=True,
            workers_kill_timeout=STOP_SECONDS,
            # It warns of more THREADS than twice the cores, but here they wait for MongoDB.
            log_level=LogLevels.error,
            reload=options["reload"],
            reload_paths=[settings.BASE_DIR],
            reload_ignore_paths=[settings.VAR_DIR],
        )
        server.on_startup(take_one_signal)
        server.on_startup(self._say_where)
        server.serve()

    def _say_where(self) -> None:
        host = f"[{settings.HOST}]" if ":" in settings.HOST else settings.HOST
        address = f"http://{host}:{settings.PORT}"
        self.stdout.write(
            f"Serving    {address}\n"
            f"Docs       {address}/docs\n"
            f"User       {settings.SERVICE_USER}\n"
            f"Password   in {settings.SECRETS['service_pwd'].source}"
        )
        self.stdout.flush()


def take_one_signal() -> None:
    """Let the first signal stop the server, and ignore any after it.

    Granian's handler sets a threading.Event. A second signal that interrupts it, such as a second
    Ctrl-C, would set it again and wait for ever.
    """
    stop_server: Any = signal.getsignal(signal.SIGINT)

    def stop(signum: int, frame: FrameType | None) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda signum, frame: None)
        stop_server(signum, frame)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)


def refuse_port_in_use(host: str, port: int) -> None:
    """Raise CommandError unless the address is free; Granian would share it without a warning."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except (OSError, OverflowError) as error:
        raise CommandError(
            f"Cannot listen on {host}:{port}: {error}. "
            f"Choose another address: HOST=… PORT={port + 1} make run"
        ) from error

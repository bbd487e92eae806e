"""One embedded MongoDB for every `manage.py run` in a project directory."""

import contextlib
import fcntl
import logging
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from pymongo import MongoClient

from fastapi_mongo_site.local.embedded_mongo import (
    START_SECONDS,
    EmbeddedMongo,
    EmbeddedMongoError,
    answers,
)

logger = logging.getLogger(__name__)


class SharedMongo:
    """The embedded server of one project directory, which every `manage.py run` in it shares.

    The first run starts the server, a later one adopts it, and the last one stops it. Locks on
    files under `var/` tell what is alive: the server holds one, and each run holds a share of
    another. (flock: a lock ends with its process, however that ends.)
    """

    def __init__(self, var: Path) -> None:
        """Take the directory for the data, the log, the URL and the locks."""
        self.directory = var / "mongodb"
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.url_file = var / "mongo_url"
        self.users = (self.directory / "users.lock").open("a")
        self.stopping = False
        self._started: EmbeddedMongo | None = None

    def acquire(self) -> None:
        """Start or adopt the server, and leave its URL in the URL file.

        Raises EmbeddedMongoError when it does not start.
        """
        deadline = time.monotonic() + START_SECONDS
        with self._exclusive(), self._server_lock() as lock:
            fcntl.flock(self.users, fcntl.LOCK_SH)
            while not _taken(lock):
                # The server lives: adopt it if it answers, or wait until it has stopped.
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

    def is_empty(self, database: str) -> bool:
        """Tell whether a database of the running server has no items."""
        with MongoClient[dict[str, Any]](self.url_file.read_text().strip()) as client:
            return client[database]["items"].find_one() is None

    def release(self) -> None:
        """Stop the server, and wait for it, unless another run uses it."""
        self.stopping = True
        try:
            self._release()
        except FileNotFoundError as why:
            # The data is gone too, so that no other run can use the server.
            logger.warning("The embedded MongoDB's files were removed: %s", why)
            if self._started:
                # It may wait for its files for ever, and a kill has nothing left to damage.
                self._started.process.kill()
                self._started.process.wait()

    def _release(self) -> None:
        with self._exclusive():
            if not _taken(self.users):
                return
            if self._started:
                # Files that were removed while the server wrote are gone, but for directories.
                (self.directory / "pid").stat()
            self.url_file.unlink(missing_ok=True)
            with self._server_lock() as lock:
                asked = None
                while not _taken(lock):
                    # It may have been started again meanwhile, as another process.
                    if (pid := self._pid()) != asked:
                        with contextlib.suppress(ProcessLookupError):
                            os.kill(pid, signal.SIGTERM)
                        asked = pid
                    time.sleep(0.05)

    def _start(self, lock: IO[str], server: EmbeddedMongo) -> None:
        """Start a server that holds `lock` for as long as it lives."""
        server.start(keep_open=(lock.fileno(),))
        self._started = server
        # Replaced in one step, so that nobody reads half of it.
        (self.directory / "pid.new").write_text(str(server.process.pid))
        (self.directory / "pid.new").replace(self.directory / "pid")
        self.url_file.write_text(server.client_url + "\n")
        # wait() reaps the server when it ends, so that it does not stay as a zombie.
        threading.Thread(target=server.process.wait, daemon=True).start()

    def _restart(self) -> None:
        """Start the server again, on the same port, whenever it ends before it should."""
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

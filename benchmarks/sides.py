"""The services that are compared, each one worker with a database of its own on one server."""

import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.processes import of_session
from benchmarks.stock import CONFIGURATION
from fastapi_mongo_site.local.embedded_mongo import free_port

PROJECT = Path(__file__).parent.parent
PEERS = Path(__file__).parent / "peers"
START_SECONDS = 30
# With what a deployment installs and no more. DRF imports some of what the tests need, if it is
# there.
DEPLOYED = PROJECT / ".venv-deployed" / "bin" / "python"
VERSION = "1.0"


class Side(NamedTuple):
    """A service that runs."""

    name: str
    port: int
    environ: dict[str, str]
    leader: int
    """The process that was started."""
    processes: list[int]

    @property
    def workers(self) -> list[int]:
        """The processes that serve: those that the leader started, or the leader alone."""
        return [number for number in self.processes if number != self.leader] or self.processes

    @property
    def database(self) -> str:
        """The name of its database."""
        return self.environ["MONGO_DB"]


@contextmanager
def service(
    name: str = "this", python: Path = Path(sys.executable), **environ: str
) -> Iterator[Side]:
    """Run this service with one worker, unless `environ` says otherwise."""
    command = [str(python), "manage.py", "serve"]
    with _started(name, command, PROJECT, {"WORKERS": "1", **environ}) as side:
        yield side


@contextmanager
def peer(name: str) -> Iterator[Side]:
    """Run a FastAPI service of benchmarks/peers/ in its virtual environment."""
    python = PROJECT / f".venv-peer-{name}" / "bin" / "python"
    command = [str(python), "-m", "uvicorn", "app:app", "--no-access-log", "--port"]
    with _started(name, command, PEERS / name, {}) as side:
        yield side


def versions(name: str) -> str:
    """Return what a peer is made of."""
    pins = (PEERS / name / "requirements.txt").read_text().splitlines()
    shown = ("fastapi", "pydantic", "motor", "pymongo", "uvicorn")
    return ", ".join(" ".join(pin.split("==")) for pin in pins if pin.split("==")[0] in shown)


@contextmanager
def _started(
    name: str, command: list[str], directory: Path, environ: dict[str, str]
) -> Iterator[Side]:
    port = free_port()
    if command[-1] == "--port":
        command = [*command, str(port)]
    inherited = {key: os.environ[key] for key in ("PATH", "MONGO_URL") if key in os.environ}
    environ = {
        **inherited,
        **{key: value for key, value in CONFIGURATION.items() if key != "MONGO_TIMEOUT_MS"},
        "VERSION": VERSION,
        "MONGO_DB": f"{CONFIGURATION['MONGO_DB']}_{name}",
        "PORT": str(port),
        **environ,
    }
    # Into a file as in production, where the log is kept, and not a pipe that nobody reads.
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            command,
            cwd=directory,
            env=environ,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            if not _is_up(port, process):
                log.seek(0)
                raise SystemExit(f"The service {name!r} does not answer. Its log:\n{log.read()}")
            yield Side(name, port, environ, process.pid, of_session(process.pid))
        finally:
            process.terminate()
            process.wait(START_SECONDS)


def _is_up(port: int, process: subprocess.Popen) -> bool:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5).close()
        except urllib.error.HTTPError:
            return True
        except OSError:
            time.sleep(0.1)
        else:
            return True
    return False

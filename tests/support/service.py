"""The service as a process, started the way a person starts it."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from fastapi_mongo_site.local.embedded_mongo import free_port
from tests.support import leaks

PROJECT = Path(__file__).parents[2]
LEFT_OUT = shutil.ignore_patterns(".*", "var", "secrets", "__pycache__", "tests")


def copy_of_project(directory: Path) -> Path:
    """A fresh clone, as far as a run can tell: nothing installed, configured or stored."""
    return Path(shutil.copytree(PROJECT, directory / "clone", ignore=LEFT_OUT))


# Nothing configured, and one worker.
FRESH = {"FRESH": "yes", "WORKERS": "1"}


def processes_of(project):
    """Return the pids of everything that runs out of a project's directory."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                here = (entry / "cwd").readlink() == project
                running = "State:\tZ" not in (entry / "status").read_text()
            except OSError:
                continue
            found += [int(entry.name)] if here and running else []
    return found


def wait_for(condition, seconds=15):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def verify(service, project):
    """`manage.py verify` with the project's own secrets."""
    return subprocess.run(
        [sys.executable, "manage.py", "verify", service.url],
        cwd=project,
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        timeout=60,
    )


def database_pid(project):
    return int((project / "var" / "mongodb" / "pid").read_text())


class Service:
    """`manage.py COMMAND` on a free port, in a session of its own as a terminal gives."""

    def __init__(self, *arguments: str, project: Path = PROJECT, make: bool = False, **environ):
        self.port = int(environ.get("PORT", free_port()))
        self.url = f"http://127.0.0.1:{self.port}"
        keep = ("PATH", "SERVICE_USER", "SERVICE_PWD", "SECRET_KEY", "MONGO_DB", "NAME")
        inherited = {name: os.environ[name] for name in keep if not environ.get("FRESH")}
        environ.pop("FRESH", None)
        command = [sys.executable, "manage.py", *arguments]
        if make:
            command = ["make", *arguments]
        self.process = subprocess.Popen(
            command,
            cwd=project,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(project / "no-home"),
                # A copy keeps its bytecode, as a clone does.
                **({"PYTHONDONTWRITEBYTECODE": "1"} if project == PROJECT else {}),
                **inherited,
                "PORT": str(self.port),
                **environ,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def __enter__(self) -> "Service":
        return self

    def __exit__(self, *error: object) -> None:
        # Also a test that failed leaves nothing running.
        if self.process.poll() is None:
            self.stop()
        if self.process.stdout and not self.process.stdout.closed:
            self.printed()
            self.process.stdout.close()

    def wait_until_up(self, path: str = "/health", seconds: float = 30) -> float:
        """Wait for the first answer; return how long that took."""
        started = time.monotonic()
        while time.monotonic() - started < seconds:
            assert self.process.poll() is None, self.process.communicate()[0]
            try:
                with urllib.request.urlopen(self.url + path, timeout=5):
                    return time.monotonic() - started
            except urllib.error.HTTPError:
                return time.monotonic() - started
            except OSError:
                time.sleep(0.05)
        raise AssertionError("the service did not come up")

    def stop(self, signum: int = signal.SIGTERM, group: bool = False) -> int:
        """Send a signal, to the whole group as Ctrl-C does if asked to; return the exit code."""
        if group:
            os.killpg(self.process.pid, signum)
        else:
            self.process.send_signal(signum)
        return self.process.wait(timeout=30)

    def printed(self) -> str:
        """What was printed since the last look; does not wait for the end."""
        descriptor = self.process.stdout.fileno()
        os.set_blocking(descriptor, False)
        chunks = []
        with contextlib.suppress(BlockingIOError):
            while chunk := os.read(descriptor, 65536):
                chunks.append(chunk)
        os.set_blocking(descriptor, True)
        leaks.TEXTS.append(b"".join(chunks).decode(errors="replace"))
        return leaks.TEXTS[-1]

    def output(self) -> str:
        """Everything printed, once the process has ended."""
        printed = self.process.communicate(timeout=30)[0]
        leaks.TEXTS.append(printed)
        return printed

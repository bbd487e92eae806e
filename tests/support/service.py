"""The service as a process, started the way a person starts it."""

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.support import leaks
from tests.support.ports import free_port

PROJECT = Path(__file__).parents[2]


def wait_for(condition, seconds=30):
    """Repeat a question until its answer is true; return that, or fail after so many seconds."""
    deadline = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
    return answer


class Service:
    """`manage.py COMMAND` on a free port, in a session of its own as a terminal gives.

    A `command` of another kind takes its configuration from elsewhere, but for the ports.
    `within` is a command that runs another, in its own process.
    """

    def __init__(
        self,
        *arguments: str,
        project: Path = PROJECT,
        make: bool = False,
        command: Sequence[str] = (),
        within: Sequence[str] = (),
        **environ,
    ):
        self.port = int(environ.get("PORT", free_port()))
        self.management_port = int(environ.get("MANAGEMENT_PORT", 0))
        self.url = f"http://127.0.0.1:{self.port}"
        keep = ("PATH", "SERVICE_USER", "SERVICE_PWD", "SECRET_KEY", "MONGO_DB", "NAME")
        inherited = {name: os.environ[name] for name in keep if not environ.get("FRESH")}
        environ.pop("FRESH", None)
        runner = ["make"] if make else [sys.executable, "manage.py"]
        self.process = subprocess.Popen(
            [*within, *(command or [*runner, *arguments])],
            cwd=project,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(project / "no-home"),
                **inherited,
                "PORT": str(self.port),
                "MANAGEMENT_PORT": "off",
                **environ,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._chunks: deque[bytes] = deque()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> "Service":
        return self

    def __exit__(self, *error: object) -> None:
        # A test that fails leaves nothing running either.
        if self.process.poll() is None:
            self.stop()
        self._reader.join(timeout=5)
        self.printed()
        if not self._reader.is_alive():
            self.process.stdout.close()

    def wait_until_up(self, path: str = "/health", seconds: float = 30) -> float:
        """Wait for the first answer; return how long that took."""
        started = time.monotonic()
        while time.monotonic() - started < seconds:
            assert self.process.poll() is None, self.output()
            try:
                with urllib.request.urlopen(self.url + path, timeout=5):
                    return time.monotonic() - started
            except urllib.error.HTTPError:
                return time.monotonic() - started
            except OSError:
                time.sleep(0.05)
        raise AssertionError("the service did not come up")

    def call(
        self, method: str, path: str, body: Any = None, port: int | None = None, **headers: str
    ) -> tuple[int, http.client.HTTPMessage, Any]:
        """Send the JSON of a body, with headers like If_Match.

        Returns the answer's status, its headers and what its JSON holds.
        """
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(
            f"http://127.0.0.1:{port or self.port}{path}",
            None if body is None else json.dumps(body).encode(),
            {"Content-Type": "application/json", **names},
            method=method,
        )
        try:
            answer = urllib.request.urlopen(request, timeout=60)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            return answer.status, answer.headers, json.loads(answer.read() or "null")

    def page(self, path: str, **headers: str) -> tuple[int, str]:
        """Ask as a browser does; return the answer's status and its page."""
        asked = {"Accept": "text/html,*/*;q=0.8", **headers}
        request = urllib.request.Request(self.url + path, headers=asked)
        try:
            answer = urllib.request.urlopen(request, timeout=60)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            return answer.status, answer.read().decode()

    def probe(self, path: str, **headers: str) -> tuple[int, http.client.HTTPMessage, Any]:
        """Ask the listener of the service that was given a MANAGEMENT_PORT; return as call()."""
        return self.call("GET", path, port=self.management_port, **headers)

    def workers(self) -> list[int]:
        """The process ids of the two workers, which are the youngest children."""
        # By age, not by pid: these begin anew at some number.
        command = ["ps", "--ppid", str(self.process.pid), "-o", "pid=", "--sort", "start_time"]
        found = subprocess.run(command, capture_output=True, text=True)
        return [int(pid) for pid in found.stdout.split()][-2:]

    def is_healthy(self) -> bool:
        """Tell whether the service and its database answer."""
        try:
            return self.call("GET", "/health")[0] == 200
        except OSError:
            return False

    def stop(self, signum: int = signal.SIGTERM, group: bool = False) -> int:
        """Send a signal, to the whole group as Ctrl-C does if asked to; return the exit code."""
        if group:
            os.killpg(self.process.pid, signum)
        else:
            self.process.send_signal(signum)
        return self.process.wait(timeout=30)

    def printed(self) -> str:
        """What was printed since the last look; does not wait for the end."""
        chunks = []
        while self._chunks:
            chunks.append(self._chunks.popleft())
        leaks.TEXTS.append(b"".join(chunks).decode(errors="replace"))
        return leaks.TEXTS[-1]

    def output(self) -> str:
        """What was printed since the last look, once the process and its children have ended."""
        self.process.wait(timeout=30)
        self._reader.join(timeout=30)
        assert not self._reader.is_alive(), "a child goes on"
        return self.printed()

    def _read(self) -> None:
        """Keep what is printed: a service whose output nobody reads stands still at 64 KiB."""
        descriptor = self.process.stdout.fileno()
        with contextlib.suppress(OSError):
            while chunk := os.read(descriptor, 65536):
                self._chunks.append(chunk)

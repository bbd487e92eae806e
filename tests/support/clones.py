"""Clones of the project in which `manage.py run` starts everything by itself."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support.service import PROJECT, Service, wait_for

LEFT_OUT = shutil.ignore_patterns(".*", "var", "secrets", "__pycache__", "tests")
# Nothing configured, and one worker.
FRESH = {"FRESH": "yes", "WORKERS": "1"}
PARTS = ("run", "database", "serve", "worker")


def copy_of_project(directory: Path) -> Path:
    """A fresh clone, as far as a run can tell: nothing installed, configured or stored."""
    return Path(shutil.copytree(PROJECT, directory / "clone", ignore=LEFT_OUT))


def began(pid: int) -> int:
    """When a process began, in ticks since the machine did."""
    # The name, in brackets, may hold anything.
    _, _, fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")
    return int(fields.split()[19])


def processes_of(clone: Path) -> list[int]:
    """The pids of everything that runs in a clone, the oldest first."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                here = (entry / "cwd").readlink() == clone
                running = "State:\tZ" not in (entry / "status").read_text()
                # Pids begin anew at some number, and do not tell who is older.
                since = began(int(entry.name))
            except OSError:
                continue
            found += [(since, int(entry.name))] if here and running else []
    return [pid for _, pid in sorted(found)]


def parts_of(service: Service, clone: Path) -> dict[str, int]:
    """The pid of each of the PARTS of a run, once all are there."""

    def complete() -> dict[str, int] | None:
        running = processes_of(clone)
        run, database = service.process.pid, database_pid(clone)
        # The oldest of the others is multiprocessing's resource tracker.
        _, *others = [pid for pid in running if pid not in (run, database)]
        if {run, database} <= set(running) and len(others) == 2:
            return dict(zip(PARTS, (run, database, *others), strict=True))
        return None

    return wait_for(complete)


def database_pid(clone: Path) -> int:
    """The pid of a clone's embedded server, from the file that its start has written."""
    return int((clone / "var" / "mongodb" / "pid").read_text())


def verify(service: Service, clone: Path) -> subprocess.CompletedProcess[str]:
    """`manage.py verify` with a clone's own secrets."""
    return subprocess.run(
        [sys.executable, "manage.py", "verify", service.url],
        cwd=clone,
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        timeout=60,
    )

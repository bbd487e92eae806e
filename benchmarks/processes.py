"""The CPU time and the memory of a service's processes, as Linux's /proc shows them (proc(5))."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


def cpu_seconds(session: int) -> float:
    """Return the CPU time of all processes of a session."""
    total = 0
    for text in _texts(session, "stat"):
        fields = text.rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def peak_mebibytes(session: int) -> float:
    """Return the largest resident set that one of them has had."""
    lines = [line for text in _texts(session, "status") for line in text.splitlines()]
    return max(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def _texts(session: int, name: str) -> Iterator[str]:
    for entry in Path("/proc").iterdir():
        # Others come and go.
        with suppress(FileNotFoundError, ProcessLookupError):
            if entry.name.isdigit() and os.getsid(int(entry.name)) == session:
                yield (entry / name).read_text()

"""The CPU time and the memory of processes, as Linux's /proc shows them (proc(5))."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


def cpu_seconds(processes: list[int]) -> float:
    """Return the CPU time that these processes have taken."""
    total = 0
    for text in _texts(processes, "stat"):
        fields = text.rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def peak_mebibytes(processes: list[int]) -> float:
    """Return the largest resident set that one of them has had."""
    return max(_status(processes, "VmHWM")) / 1024


def resident_mebibytes(processes: list[int]) -> float:
    """Return the resident sets of these processes now, together."""
    return sum(_status(processes, "VmRSS")) / 1024


def threads(processes: list[int]) -> int:
    """Return how many threads these processes have."""
    return sum(_status(processes, "Threads"))


def open_sockets(processes: list[int]) -> int:
    """Return how many sockets these processes hold: connections, and what they listen on."""
    number = 0
    for process in processes:
        for descriptor in Path(f"/proc/{process}/fd").iterdir():
            with suppress(FileNotFoundError):
                number += str(descriptor.readlink()).startswith("socket:")
    return number


def of_session(session: int) -> list[int]:
    """Return the processes of a session."""
    numbers = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    found = []
    for number in numbers:
        # Others come and go.
        with suppress(ProcessLookupError):
            if os.getsid(number) == session:
                found.append(number)
    return found


def _status(processes: list[int], name: str) -> list[int]:
    """Return a number that each process has in its status."""
    lines = [line for text in _texts(processes, "status") for line in text.splitlines()]
    return [int(line.split()[1]) for line in lines if line.startswith(f"{name}:")]


def _texts(processes: list[int], name: str) -> Iterator[str]:
    for number in processes:
        with suppress(FileNotFoundError, ProcessLookupError):
            yield Path(f"/proc/{number}/{name}").read_text()

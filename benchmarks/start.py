"""`make bench-start`: seconds until the first answer, and from Ctrl-C until everything ended."""

import signal
import tempfile
import time
from pathlib import Path

from tests.support.clones import FRESH, copy_of_project
from tests.support.service import Service

STARTS = 4


def main() -> None:
    """Start a copy of the project several times; print a row for each. The first finds nothing."""
    print("| start | first answer, s | Ctrl-C to the end, s |\n|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="start-for-benchmark-") as directory:
        project = copy_of_project(Path(directory))
        for number in range(1, STARTS + 1):
            with Service("run", project=project, **FRESH) as service:
                up = service.wait_until_up()
                started = time.monotonic()
                service.stop(signal.SIGINT, group=True)
                print(f"| {number} | {up:.1f} | {time.monotonic() - started:.1f} |")


if __name__ == "__main__":
    main()

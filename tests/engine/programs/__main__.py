"""Grow programs from a seed, and compare the engine with SQLite: `make probes`.

Exits with 1 when an answer is wrong, or when the programs hold too little of what must be proven.
"""

import argparse
import contextlib
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from pathlib import Path

import django

from tests.engine.programs.worker import connect, work
from tests.support.mongo_server import CONFIGURATION

SECONDS_BETWEEN_LINES = 10


@contextlib.contextmanager
def workers() -> Iterator[Executor]:
    """One process a core, each with a server of its own: a server does one thing at a time."""
    from fastapi_mongo_site.local.embedded_mongo import EmbeddedMongo

    context = multiprocessing.get_context("spawn")
    urls = context.Queue()
    count = os.cpu_count() or 1
    with contextlib.ExitStack() as stack:
        for _ in range(count):
            name = stack.enter_context(tempfile.TemporaryDirectory(prefix="mongodb-for-probes-"))
            server = EmbeddedMongo(Path(name), durable=False)
            server.start()
            stack.callback(server.stop)
            urls.put(server.url)
        yield stack.enter_context(ProcessPoolExecutor(count, context, connect, (urls,)))


def main() -> int:
    """Run the programs on every core; print what was wrong, and now and then how far it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--programs", type=int, default=5000)
    options = parser.parse_args()
    os.environ.update(CONFIGURATION, MONGO_URL="mongodb://127.0.0.1:1")
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    from tests.engine.programs.grow import OVER_THE_SAME_ROWS
    from tests.engine.programs.tally import Tally

    tally = Tally()
    started = said = time.monotonic()
    with workers() as pool:
        batches = range(-(-options.programs // OVER_THE_SAME_ROWS))
        for future in as_completed([pool.submit(work, options.seed, n) for n in batches]):
            done, printed = future.result()
            tally.add(done)
            for text in printed:
                sys.stdout.write(f"\n{text}\n")
            if time.monotonic() - said > SECONDS_BETWEEN_LINES:
                said = time.monotonic()
                sys.stdout.write(f"{said - started:5.0f} s  {tally.line()}\n")
                sys.stdout.flush()
    shortfalls = tally.shortfalls()
    sys.stdout.write(f"\n{tally.table()}\n\nSeed {options.seed}, {tally.line()}\n")
    sys.stdout.write("".join(f"Not enough: {text}\n" for text in shortfalls))
    return 1 if shortfalls else 0


if __name__ == "__main__":
    sys.exit(main())

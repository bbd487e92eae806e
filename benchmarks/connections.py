"""The worst case for connections: threads, forks and exceptions while the server is killed.

`make bench-connections` runs 10,000 requests and keeps the figures in docs/benchmarks/. A request
here is what the database sees of one: Django's two signals, and the ORM between them. The workers
are forked from a process that has used the database. Every request closes its connection, some
raise inside `atomic`, and some fork a child that queries. The run ends with an error when a
process has more connections than its pool and the driver's monitors, or when a request fails
while the server lives.
"""

import argparse
import os
import signal
import sys
import threading
import time
import traceback
import uuid
import warnings
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.results import keep, server_name
from benchmarks.server import embedded_mongo, set_up_django
from fastapi_mongo_site.local.embedded_mongo import EmbeddedMongo

POOL = 4
"""maxPoolSize: fewer than the threads of a worker, so that they wait for each other."""
MONITORS = 2
"""Connections of pymongo's monitors for one server: the heartbeat and the round trip time."""
CHILD_SECONDS = 30
DOWN_SECONDS = 0.5
SAMPLE_SECONDS = 0.02
LASTING_SAMPLES = 2
ESTABLISHED = "01"

Span = tuple[float, float]
"""Start and end, in seconds of the monotonic clock, which all processes share."""


class Failure(NamedTuple):
    """A request that failed."""

    span: Span
    operational: bool
    error: str


def create() -> None:
    """Write."""
    from items.models import Item

    Item.objects.create(name="Saw", category="tools", count=1, price=9.5)


def read() -> None:
    """Look for one document."""
    from items.models import Item

    Item.objects.filter(pk=uuid.uuid4()).first()


def fail_inside_atomic() -> None:
    """Raise inside `atomic`, after a query."""
    from django.db import transaction  # noqa: TID251

    try:
        with transaction.atomic():
            read()
            raise ZeroDivisionError
    except ZeroDivisionError:
        pass


def read_in_a_child() -> None:
    """Fork a child of this process of many threads, and let it query."""
    from django.db import OperationalError

    child = os.fork()
    if child == 0:
        signal.alarm(CHILD_SECONDS)  # ends it if it waits for a lock that nobody holds
        try:
            read()
        except OperationalError:
            os._exit(1)
        except BaseException:
            traceback.print_exc()
            os._exit(2)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code == 1:
        raise OperationalError("in a forked child")
    if code:
        raise RuntimeError(f"a forked child ended with {code}")


def operation(number: int) -> Callable[[], None]:
    """Return what the request of that number does."""
    if number % 20 == 10:
        return read_in_a_child
    return (create, read, fail_inside_atomic)[number % 3]


def request(number: int) -> Failure | None:
    """Handle one request as Django does; return its failure, or None."""
    from django.core.signals import request_finished, request_started
    from django.db import OperationalError

    started = time.monotonic()
    request_started.send(None)
    try:
        operation(number)()
    except Exception as error:
        span = (started, time.monotonic())
        return Failure(span, isinstance(error, OperationalError), repr(error))
    finally:
        request_finished.send(None)
    return None


def work(requests: int, threads: int, done: Any, pipe: Any) -> None:
    """Share a worker's requests among its threads; send the failures."""
    failures: list[Failure] = []

    def thread() -> None:
        for number in range(requests // threads):
            if failure := request(number):
                failures.append(failure)
            with done.get_lock():
                done.value += 1

    running = [threading.Thread(target=thread) for _ in range(threads)]
    for one in running:
        one.start()
    for one in running:
        one.join()
    pipe.send(failures)


def connections(process: int, port: int) -> set[str]:
    """Return what `/proc` calls a process's connections to a port of this machine."""
    remote = f":{port:04X}"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    established = {
        f"socket:[{row[9]}]" for row in rows if row[2].endswith(remote) and row[3] == ESTABLISHED
    }
    found = set()
    # What is listed may be gone when it is read; so may the process.
    with suppress(FileNotFoundError):
        for descriptor in Path(f"/proc/{process}/fd").iterdir():
            with suppress(FileNotFoundError):
                found.add(str(descriptor.readlink()))
    return found & established


def restart(server: EmbeddedMongo) -> Span:
    """Kill the server, leave it dead for a while, and start it; return the time it was away."""
    killed = time.monotonic()
    server.process.kill()
    server.process.wait()
    time.sleep(DOWN_SECONDS)
    server.start()
    return killed, time.monotonic()


def overlap(span: Span, others: Iterable[Span]) -> bool:
    """Tell whether a span overlaps any other."""
    return any(span[0] <= end and start <= span[1] for start, end in others)


def soak(server: EmbeddedMongo, requests: int, workers: int, threads: int, restarts: int) -> str:
    """Run it all; return the figures in Markdown. Raises SystemExit with what was wrong."""
    # The threads are there to be forked among: a child may wait for a lock that one of them holds.
    warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
    read()
    context = get_context("fork")
    done = context.Value("i", 0)
    pipes, processes = [], []
    for _ in range(workers):
        receiver, sender = context.Pipe(duplex=False)
        arguments = (requests // workers, threads, done, sender)
        processes.append(context.Process(target=work, args=arguments))
        processes[-1].start()
        sender.close()  # so that a worker that dies is noticed
        pipes.append(receiver)
    outages: list[Span] = []
    counts: list[int] = [0]

    def sample() -> None:
        lately: dict[Any, deque[set[str]]] = {}
        inherited: set[str] = set()
        while any(process.is_alive() for process in processes):
            # One that this process has closed stays open in the workers.
            inherited |= connections(os.getpid(), server.port)
            for process in processes:
                own = connections(process.pid or 0, server.port) - inherited
                # pymongo closes a connection of a cleared pool only when its command is done.
                samples = lately.setdefault(process, deque(maxlen=LASTING_SAMPLES))
                samples.append(own)
                if len(samples) == LASTING_SAMPLES:
                    counts.append(len(set.intersection(*samples)))
            time.sleep(SAMPLE_SECONDS)

    sampler = threading.Thread(target=sample)
    sampler.start()
    while any(process.is_alive() for process in processes) and len(outages) < restarts:
        if done.value > requests * (len(outages) + 1) / (restarts + 1):
            outages.append(restart(server))
        time.sleep(SAMPLE_SECONDS)
    failures = [failure for pipe in pipes for failure in pipe.recv()]
    for process in processes:
        process.join()
    sampler.join()
    peak = max(counts)
    wrong = [one for one in failures if not (one.operational and overlap(one.span, outages))]
    figures = (
        f"| requests | {requests:,} over {workers} processes of {threads} threads |\n|---|---|\n"
        f"| server killed and started again | {len(outages)} times |\n"
        f"| failed while it was dead | {len(failures) - len(wrong)} |\n"
        f"| failed for another reason | {len(wrong)} |\n"
        f"| most connections of one process | {peak}; pool {POOL} + monitors {MONITORS} |"
    )
    if wrong or len(outages) != restarts or peak > POOL + MONITORS:
        sys.exit("\n".join([figures, *(str(one) for one in wrong[:20])]))
    return figures


def main() -> None:
    """Run it over an embedded server; keep the figures of the full size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--restarts", type=int, default=5)
    parser.add_argument("--keep", action="store_true", help="write docs/benchmarks/connections.md")
    arguments = vars(parser.parse_args())
    keep_figures = arguments.pop("keep")
    with embedded_mongo() as server:
        set_up_django(server.client_url, MONGO_MAX_POOL_SIZE=str(POOL), MONGO_TIMEOUT_MS="20000")
        from django.conf import settings

        from items.models import Item

        settings.DATABASES["default"]["CONN_MAX_AGE"] = 0
        name = server_name(Item.objects.collection.database.client.server_info())
        figures = soak(server, **arguments)
    if keep_figures:
        keep("connections.md", name, "make bench-connections", figures)
    else:
        print(figures)


if __name__ == "__main__":
    main()

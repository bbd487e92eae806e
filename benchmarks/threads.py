"""What workers and threads do: under plain load, beside slow queries, and with a dead database."""

import os
import signal
import statistics
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from pymongo import MongoClient

from benchmarks.contest import CONNECTIONS, Contest, middle
from benchmarks.load import Load, load
from benchmarks.operations import OPERATIONS, PATH, Operation, get, message
from benchmarks.sides import Side, service
from benchmarks.stock import CONFIGURATION

WORKERS, THREADS = (1, 2, 4), (1, 2, 3, 4)
SHOWN = ("GET id", "PUT ?count=", "POST", "list 100", "query")
# A server that compiles the pattern for each item takes a tenth of a second for them.
SLOW_ITEMS = 1_000
SLOW_CONNECTIONS = 4
SLOW = Operation("search", 200, get("/v1/items?search=none+such"), SLOW_ITEMS)
# Each waits for a thread and for MONGO_TIMEOUT_MS.
BLOCKED = 8


def report(client: MongoClient, quick: bool) -> Iterator[str]:
    """Yield the tables in Markdown."""
    seconds, rounds = (0.3, 1) if quick else (1.5, 3)
    with ExitStack() as stack:
        sides = [
            stack.enter_context(
                service(
                    f"{workers} × {threads}",
                    WORKERS=str(workers),
                    THREADS=str(threads),
                    MONGO_DB=CONFIGURATION["MONGO_DB"],
                )
            )
            for workers in WORKERS
            for threads in THREADS
        ]
        contest = Contest(client, sides, seconds, rounds)
        yield "Requests a second, and the 99th percentile in milliseconds in brackets:\n"
        yield from loaded(contest)
        contest.sides = sides[: len(THREADS)]
        contest.fill(SLOW_ITEMS)
        yield (
            f"\nOne worker, {CONNECTIONS} connections that get an item, and {SLOW_CONNECTIONS} that"
            f" search {SLOW_ITEMS:,} items, which no index serves:\n"
        )
        yield from beside_searches(contest)
        if contest.database:
            yield (
                f"\nOne worker, a database that is stopped (SIGSTOP), {BLOCKED} connections that"
                " get a 503 for an item, and one that asks for `/`, which needs no database:\n"
            )
            yield from without_database(contest, seconds)


def loaded(contest: Contest) -> Iterator[str]:
    """Yield a row for each number of workers and threads."""
    operations = [operation for operation in OPERATIONS if operation.name in SHOWN]
    results = []
    for operation in operations:
        print(f"Workers and threads: {operation.name} ...", flush=True)
        results.append(contest.turns(operation))
    yield f"| workers × threads | {' | '.join(SHOWN)} |"
    yield "|---" + "|--:" * len(SHOWN) + "|"
    for side in contest.sides:
        cells = [
            f"{middle(turns[side.name], lambda turn: turn.load.rate):.0f}"
            f" ({middle(turns[side.name], lambda turn: turn.load.percentile(0.99)) * 1000:.0f})"
            for turns in results
        ]
        yield f"| {side.name} | {' | '.join(cells)} |"


def beside_searches(contest: Contest) -> Iterator[str]:
    """Yield a row for each number of threads."""
    print("Threads beside slow queries ...", flush=True)
    found: dict[str, list[list[Load]]] = {side.name: [] for side in contest.sides}
    for _ in range(contest.rounds):
        for side in contest.sides:
            kinds = (OPERATIONS[0], CONNECTIONS), (SLOW, SLOW_CONNECTIONS)
            found[side.name].append(together(contest, side, contest.seconds, *kinds))
    yield "| workers × threads | GET id/s | p50, ms | p99, ms | searches/s |\n|---|--:|--:|--:|--:|"
    for name, pairs in found.items():
        gets, searches = zip(*pairs, strict=True)
        rate, slow = (statistics.median(load.rate for load in loads) for loads in (gets, searches))
        half, most = (
            statistics.median(load.percentile(share) * 1000 for load in gets)
            for share in (0.5, 0.99)
        )
        yield f"| {name} | {rate:.0f} | {half:.1f} | {most:.1f} | {slow:.1f} |"


def without_database(contest: Contest, seconds: float) -> Iterator[str]:
    """Yield a row for each number of threads."""
    yield "| workers × threads | last 503, s | slowest `/`, s |\n|---|--:|--:|"
    home = Operation("/", 200, get("/"))
    once = Operation("GET id", 503, lambda items, seconds: [message("GET", PATH)] * BLOCKED)
    for side in contest.sides:
        print(f"A stopped database: {side.name} ...", flush=True)
        (process,) = contest.database
        os.kill(process, signal.SIGSTOP)
        try:
            blocked, open_ = together(contest, side, seconds, (once, BLOCKED), (home, 1))
        finally:
            os.kill(process, signal.SIGCONT)
        yield f"| {side.name} | {blocked.times[-1]:.1f} | {open_.times[-1]:.1f} |"


def together(
    contest: Contest, side: Side, seconds: float, *kinds: tuple[Operation, int]
) -> list[Load]:
    """Send kinds of requests at once, each over so many connections; return what came of each."""
    items = contest.items[side.database]

    def run(kind: tuple[Operation, int]) -> Load:
        operation, connections = kind
        requests = operation.requests(items, seconds)
        return load(side.port, requests, operation.status, connections, seconds)

    with ThreadPoolExecutor(len(kinds)) as pool:
        return list(pool.map(run, kinds))

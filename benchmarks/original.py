"""`make bench-original`: one worker of this service beside one of two FastAPI services.

The three use the same server, each a database of its own, and take turns, so that other work on
the machine slows all alike. A ratio is that of two turns of one round. Each service must answer
right before and after, or the run fails. A full run keeps its figures in docs/benchmarks/speed.md;
QUICK=1 takes under two minutes and keeps nothing.
"""

import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack

from pymongo import MongoClient

from benchmarks import charts
from benchmarks.contest import CONNECTIONS, Contest, Turn, Turns, middle, ratios
from benchmarks.operations import ITEMS, ONE, OPERATIONS, PATH, QUERY, Operation, get
from benchmarks.processes import peak_mebibytes
from benchmarks.results import keep, server_name
from benchmarks.server import embedded_mongo
from benchmarks.sides import DEPLOYED, PROJECT, Side, peer, service, versions
from benchmarks.stock import AUTHORIZATION

QUICK = bool(os.environ.get("QUICK"))
SECONDS, ROUNDS = (0.8, 3) if QUICK else (2.0, 9)
THIS, OLD, NEW = "this", "of_2023", "today"
PEERS = {OLD: "stack of 2023", NEW: "FastAPI of today"}
GROWN = [
    Operation(f"query by {name}, {size:,} items", 200, get(path), size)
    for size in (10_000, 100_000)
    for name, path in {"name": QUERY, "count": "/v1/items/?count=5"}.items()
]
# What the service promises: so many times the rate of each peer.
TARGETS = {
    OLD: {
        "GET id": 2.0,
        "PUT ?count=": 1.5,
        "POST": 1.4,
        "DELETE": 1.3,
        "list 100": 7.0,
        "query": 3.0,
        "health": 1.3,
        "401": 1.1,
        **{operation.name: 3.0 for operation in GROWN},
    },
    NEW: {"GET id": 1.8, "PUT ?count=": 1.2, "POST": 1.2, "list 100": 1.2, "401": 1.2},
}
FIND_ONES = 2.5
MORE_MEBIBYTES = 20


def row(*cells: object) -> str:
    """Return a row of a table."""
    return f"| {' | '.join(map(str, cells))} |"


def ratio_table(results: dict[str, Turns]) -> Iterator[str]:
    """Yield the rows of ratios, each with its target."""
    yield row("", *(f"× {name} (lowest–highest) | target" for name in PEERS.values()))
    yield row("---", *["---"] * 4)
    for name, turns in results.items():
        cells: list[str] = []
        for other in PEERS:
            found, target = ratios(turns, THIS, other), TARGETS[other].get(name)
            median = statistics.median(found)
            verdict = f"{target}, {'met' if median >= target else 'missed'}" if target else "–"
            cells += [f"{median:.2f} ({found[0]:.2f}–{found[-1]:.2f})", verdict]
        yield row(name, *cells)


def figure_table(results: dict[str, Turns], measured: bool) -> Iterator[str]:
    """Yield the rows of what each service takes."""
    columns = ["requests/s", "p50, ms", "p99, ms", "CPU, µs", "database's CPU, µs"]
    yield row("", "", *columns)
    yield row("---", "---", *["--:"] * len(columns))
    for name, turns in results.items():
        for side, label in {THIS: "this service", **PEERS}.items():
            own = turns[side]
            yield row(
                name,
                label,
                f"{middle(own, lambda turn: turn.load.rate):.0f}",
                f"{middle(own, lambda turn: turn.load.percentile(0.5)) * 1000:.1f}",
                f"{middle(own, lambda turn: turn.load.percentile(0.99)) * 1000:.1f}",
                f"{middle(own, lambda turn: turn.cpu):.0f}",
                f"{middle(own, lambda turn: turn.database):.0f}" if measured else "not measured",
            )


def promises(results: dict[str, Turns], sides: list[Side], floor: list[float]) -> Iterator[str]:
    """Yield what holds beside the ratios: p99, memory, and the CPU time of a GET."""

    def p99(turns: list[Turn]) -> float:
        return middle(turns, lambda turn: turn.load.percentile(0.99))

    behind = [
        f"{name} beside the {label}"
        for name, turns in results.items()
        for other, label in PEERS.items()
        if p99(turns[THIS]) > p99(turns[other])
    ]
    yield f"- p99 not above either peer's: {'missed at ' + ', '.join(behind) if behind else 'met'}."
    peaks = {side.name: peak_mebibytes(side.workers) for side in sides}
    most = min(peaks[name] for name in PEERS) + MORE_MEBIBYTES
    yield (
        f"- Largest resident set of a worker: {peaks[THIS]:.0f} MiB beside {peaks[OLD]:.0f} and"
        f" {peaks[NEW]:.0f} of the peers; at most {MORE_MEBIBYTES} more than either:"
        f" {'met' if peaks[THIS] <= most else 'missed'}. The process that starts this service's"
        f" worker has one of {peak_mebibytes([sides[0].leader]):.0f} MiB."
    )
    request, find = floor
    yield (
        f"- CPU time of a GET in process: {request:.0f} µs, {request / find:.2f} × a bare find_one"
        f" ({find:.0f} µs); at most {FIND_ONES} ×:"
        f" {'met' if request <= FIND_ONES * find else 'missed'}."
    )
    shares = [
        turn.load.client_cpu / turn.load.seconds
        for turns in results.values()
        for own in turns.values()
        for turn in own
    ]
    yield (
        f"- The clients took {statistics.median(shares):.0%} of a processor in the median turn,"
        f" and {max(shares):.0%} at most."
    )


def floor(side: Side) -> list[float]:
    """Return the CPU time of a GET in process and of a bare find_one, in microseconds."""
    command = [sys.executable, "-m", "benchmarks.floor", PATH, ONE["_id"], AUTHORIZATION]
    environ = {**side.environ, "DJANGO_SETTINGS_MODULE": "fastapi_mongo_site.settings"}
    run = subprocess.run(command, cwd=PROJECT, env=environ, stdout=subprocess.PIPE, check=True)
    return [float(figure) for figure in run.stdout.split()]


def main() -> None:
    """Measure; print, and keep what a full run found."""
    with ExitStack() as stack:
        url = os.environ.get("MONGO_URL") or stack.enter_context(embedded_mongo()).url
        os.environ["MONGO_URL"] = url
        client: MongoClient = stack.enter_context(MongoClient(url))
        server = server_name(client.server_info())
        print(f"{server}; one worker each, {CONNECTIONS} connections, {ITEMS} items.", flush=True)
        for name, label in PEERS.items():
            print(f"{label}: {versions(name)}", flush=True)
        for name in (THIS, *PEERS):
            stack.callback(client.drop_database, f"bench_items_{name}")
        sides = [stack.enter_context(service(THIS, DEPLOYED))]
        sides += [stack.enter_context(peer(name)) for name in PEERS]
        contest = Contest(client, sides, SECONDS, ROUNDS)
        contest.verify()
        print("All three answer right.", flush=True)
        results: dict[str, Turns] = {}
        size = ITEMS
        operations = OPERATIONS if QUICK else [*OPERATIONS, *GROWN]
        for operation in operations:
            if operation.size != size:
                contest.fill(size := operation.size)
            results[operation.name] = turns = contest.turns(operation)
            found = [
                f"{statistics.median(ratios(turns, THIS, name)):.2f} × {name}" for name in PEERS
            ]
            print(f"{operation.name}: {', '.join(found)}", flush=True)
        if size != ITEMS:
            contest.fill(ITEMS)
        contest.verify()
        print("All three answer right after it too.\n", flush=True)
        text = "\n\n".join(
            "\n".join(part)
            for part in (
                ratio_table(results),
                promises(results, sides, floor(sides[0])),
                figure_table(results, bool(contest.database)),
            )
        )
    if QUICK:
        print(text)
        return
    charts.bars(
        "speed.svg",
        f"Requests a second, × a FastAPI service's, on {server}",
        {
            label: {
                operation.name: statistics.median(ratios(results[operation.name], THIS, other))
                for operation in OPERATIONS
            }
            for other, label in PEERS.items()
        },
    )
    peers = "\n".join(f"- {label}: {versions(name)}." for name, label in PEERS.items())
    keep("speed.md", server, "make bench-original", f"{peers}\n\n{text}")


if __name__ == "__main__":
    main()

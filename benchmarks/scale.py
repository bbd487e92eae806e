"""`make bench-scale`: what each endpoint costs as the items grow, and what workers and threads do.

The items grow from a hundred to a million, and one connection asks one request after the other: the
times are those of a client that has the service to itself. Then services with 1, 2 and 4 workers of
1 to 4 threads take turns under 16 connections (benchmarks/threads.py). Keeps its figures in
docs/benchmarks/scale.md; with QUICK=1 it stops at ten thousand items and keeps nothing.
"""

import os
from collections.abc import Iterator
from itertools import count

from pymongo import MongoClient
from pymongo.collection import Collection

from benchmarks import charts, threads
from benchmarks.contest import Contest, Turn
from benchmarks.operations import OPERATIONS, PATH, Operation, get, message
from benchmarks.results import keep, server_name
from benchmarks.sides import service
from benchmarks.stock import CONFIGURATION, stock

QUICK = bool(os.environ.get("QUICK"))
SECONDS = 0.3 if QUICK else 1.0
SIZES = [100, 1_000, 10_000] if QUICK else [100, 1_000, 10_000, 100_000, 1_000_000]
LATE = "–"


def adjustments(collection: Collection, seconds: float) -> Iterator[bytes]:
    """Take one of an item's count and give it back, in turns."""
    deltas = (1 if number % 2 else -1 for number in count(1))
    return (message("POST", f"{PATH}/adjust", {"delta": delta}) for delta in deltas)


def endpoints(size: int, collection: Collection) -> list[Operation]:
    """Return the operations on so many items: the original's on items, and this service's own."""
    from items.finding import Listing, Position
    from items.pagination import make_cursor

    (half,) = collection.find(sort=[("price", 1)], skip=size // 2, limit=1)
    cursor = make_cursor(Listing({}, "price"), Position(half["price"], half["_id"]))
    by_price = "/v1/items?ordering=price"
    shared = [operation for operation in OPERATIONS if operation.name not in ("health", "401")]
    return [
        *shared,
        Operation("adjust", 200, adjustments),
        Operation("100 by price", 200, get(by_price)),
        Operation("100 by price, half-way", 200, get(f"{by_price}&cursor={cursor}")),
        Operation("100 of a category", 200, get("/v1/items?category=tools")),
        Operation("search, reads all", 200, get("/v1/items?search=none+such")),
    ]


def grow(client: MongoClient) -> dict[str, list[Turn | None]]:
    """Return one turn of each endpoint at each size; None where it was not answered in time."""
    turns: dict[str, list[Turn | None]] = {}
    with service(MONGO_DB=CONFIGURATION["MONGO_DB"]) as side:
        contest = Contest(client, [side], SECONDS, 1)
        for size in SIZES:
            print(f"{size:,} items ...", flush=True)
            contest.fill(size)
            for operation in endpoints(size, contest.items[side.database]):
                turn = None
                try:
                    contest.turn(side, operation, SECONDS / 4, connections=1)
                    turn = contest.turn(side, operation, SECONDS, connections=1)
                except RuntimeError as error:
                    print(f"{operation.name}: {str(error).splitlines()[0]}", flush=True)
                turns.setdefault(operation.name, []).append(turn)
    return turns


def table(turns: dict[str, list[Turn | None]]) -> Iterator[str]:
    """Yield a row for each endpoint: the median time, and MongoDB's share of the CPU time."""
    yield f"| items | {' | '.join(f'{size:,}' for size in SIZES)} |"
    yield "|---" + "|--:" * len(SIZES) + "|"
    for name, found in turns.items():
        cells = [
            f"{turn.load.percentile(0.5) * 1000:.2f} ({turn.database / 1000:.2f})" if turn else LATE
            for turn in found
        ]
        yield f"| {name} | {' | '.join(cells)} |"


def main() -> None:
    """Measure; print, and keep what a full run found."""
    client: MongoClient = MongoClient(os.environ["MONGO_URL"])
    server = server_name(client.server_info())
    turns = grow(client)
    text = "\n".join(
        [
            "Milliseconds of a request, the median, and in brackets the CPU time that the database"
            f" takes of it; {LATE} where the service's time limit came first:\n",
            *table(turns),
            "",
            *threads.report(client, QUICK),
        ]
    )
    if QUICK:
        print(text)
        return
    charts.lines(
        "scale.svg",
        f"Milliseconds of a request as the items grow, on {server}",
        SIZES,
        {
            name: [turn and turn.load.percentile(0.5) * 1000 for turn in found]
            for name, found in turns.items()
        },
    )
    keep("scale.md", server, "make bench-scale", text)


if __name__ == "__main__":
    with stock(0):
        main()

"""`make soak`: ten minutes at 70 % of capacity, and what has grown at the end.

A service as a deployment runs it gets reads, changes, adjustments, creations and deletions. First
its capacity is measured: what it answers while 16 connections ask all the time. It keeps its
figures in docs/benchmarks/soak.md; QUICK=1 takes one minute and keeps nothing.
"""

import math
import os
import random
import sys
from collections import Counter, deque
from collections.abc import Iterator

from pymongo import MongoClient
from pymongo.collection import Collection

from benchmarks.operations import message, new_item
from benchmarks.pace import Paced, Request, paced
from benchmarks.processes import of_session, open_sockets, resident_mebibytes, threads
from benchmarks.results import keep, server_name
from benchmarks.server import database_process
from benchmarks.sides import Side, service
from benchmarks.stock import CONFIGURATION, stock

QUICK = bool(os.environ.get("QUICK"))
TURNS, SECONDS = (6, 10.0) if QUICK else (10, 60.0)
CAPACITY_SECONDS = 5.0 if QUICK else 20.0
SHARE = 0.7
CONNECTIONS = 16
ITEMS = 1_000
# Of a hundred requests
MIX = {"get": 60, "list": 10, "patch": 10, "adjust": 10, "create": 5, "delete": 5}
# So many requests after its creation an item is surely there.
PATIENCE = 1_000


def mixed(collection: Collection) -> Iterator[Request]:
    """Yield requests of the mix, each with the status of its answer, on items that stay."""
    chance = random.Random(7)
    paths = [f"/v1/items/{row['_id']}" for row in collection.find({}, ["_id"])]
    kinds, weights = list(MIX), list(MIX.values())
    created: deque[str] = deque()
    number = 0
    while True:
        number += 1
        path = chance.choice(paths)
        kind = chance.choices(kinds, weights)[0]
        if kind == "delete" and len(created) < PATIENCE * MIX["create"] // 100:
            kind = "create"
        if kind == "get":
            yield Request(message("GET", path), 200)
        elif kind == "list":
            yield Request(message("GET", "/v1/items?limit=20"), 200)
        elif kind == "patch":
            yield Request(message("PATCH", path, {"price": chance.randrange(1, 10**6) / 100}), 200)
        elif kind == "adjust":
            yield Request(message("POST", f"{path}/adjust", {"delta": 1}), 200)
        elif kind == "create":
            row = new_item(number)
            created.append(row["id"])
            yield Request(message("POST", "/v1/items", row), 201)
        else:
            yield Request(message("DELETE", f"/v1/items/{created.popleft()}"), 204)


def held(side: Side, database: list[int]) -> list[str]:
    """Return what the service holds, and the database's memory, as cells of the table."""
    running = of_session(side.leader)
    counts = [resident_mebibytes(running), threads(running), open_sockets(running)]
    return [f"{number:.0f}" for number in [*counts, resident_mebibytes(database)]]


def row(name: str, turn: Paced, cells: list[str]) -> str:
    """Return a line of the table."""
    shares = [turn.percentile(share) * 1000 for share in (0.5, 0.95, 0.99, 0.999, 1)]
    figures = [f"{turn.rate:.0f}", *(f"{figure:.1f}" for figure in shares)]
    return f"| {' | '.join([name, *figures, str(turn.errors.total()), *cells])} |"


def main() -> int:
    """Measure; print, and keep what a full run found. Return 1 if a request went wrong."""
    client: MongoClient = MongoClient(os.environ["MONGO_URL"])
    collection = client[CONFIGURATION["MONGO_DB"]]["items"]
    database = database_process(client)
    rows, errors, answered = [], Counter[str](), 0
    with service(MONGO_DB=CONFIGURATION["MONGO_DB"], WORKERS="2") as side:
        requests = mixed(collection)
        for seconds in (CAPACITY_SECONDS / 4, CAPACITY_SECONDS):
            most = paced(side.port, requests, math.inf, CONNECTIONS, seconds)
        rate = most.rate * SHARE
        print(f"Capacity {most.rate:.0f} requests/s, {most.errors.total()} errors.", flush=True)
        start = held(side, database)
        for number in range(1, TURNS + 1):
            turn = paced(side.port, requests, rate, CONNECTIONS, SECONDS)
            rows.append(row(f"{number * SECONDS:.0f}", turn, held(side, database)))
            print(rows[-1], flush=True)
            errors += turn.errors
            answered += len(turn.times)
    found = ", ".join(f"{times} × {error}" for error, times in errors.items()) or "none"
    text = "\n".join(
        [
            f"Capacity {most.rate:.0f} requests/s; held at {rate:.0f}. {answered:,} requests were"
            f" answered right; errors: {found}.\n",
            "| after, s | requests/s | p50, ms | p95 | p99 | p99.9 | longest | errors"
            " | RSS, MiB | threads | sockets | RSS of MongoDB, MiB |",
            "|--:" * 12 + "|",
            f"| 0 {'| – ' * 7}| {' | '.join(start)} |",
            *rows,
        ]
    )
    if QUICK:
        print(text)
    else:
        keep("soak.md", server_name(client.server_info()), "make soak", text)
    return int(bool(errors))


if __name__ == "__main__":
    with stock(ITEMS):
        sys.exit(main())

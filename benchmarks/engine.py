"""The CPU that the ORM on the engine takes, beside pymongo doing the same on the same server.

`make bench-engine` prints a table and keeps it in docs/benchmarks/engine.md. CPU is that of
this process, user and system; the ways take turns in many short rounds, and the median round
counts, so that noise hits all alike. With MONGO_URL that server is used, else an embedded one.
"""

import os
import statistics
import time
import uuid
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, NamedTuple

import pymongo

from benchmarks.results import keep, server_name
from benchmarks.server import embedded_mongo, set_up_django

STORED = 400
PAGE = 100
ROUNDS = 40
ROUND_MICROSECONDS = 10_000
TARGETS = {"get(pk)": 4.0, "page of 100": 3.0, "create": 3.0}


class Case(NamedTuple):
    """One operation, by the ORM and by pymongo."""

    name: str
    orm: Callable[[], Any]
    raw: Callable[[], Any]


def cases() -> list[Case]:
    """Store the items; return the operations on them."""
    from django.db import connection

    from items.models import Item

    values = {"name": "Saw", "category": "tools", "price": 9.5}
    Item.objects.bulk_create(Item(count=number % 2, **values) for number in range(STORED))
    key = Item.objects.all()[0].pk
    text = str(key)
    collection = connection.database[Item._meta.db_table]
    one, shown = Item.objects.filter(pk=key), Item.objects.filter(category="tools", count__gte=1)
    page_filter = {"category": "tools", "count": {"$gte": 1}}
    return [
        Case(
            "get(pk)",
            lambda: Item.objects.get(pk=key),
            lambda: collection.find_one({"_id": text}),
        ),
        Case(
            "page of 100",
            lambda: list(shown.order_by("pk")[:PAGE]),
            lambda: list(collection.find(page_filter, sort=[("_id", 1)], limit=PAGE)),
        ),
        Case(
            "create",
            lambda: Item.objects.create(count=1, **values),
            lambda: collection.insert_one({"_id": str(uuid.uuid4()), "count": 1, **values}),
        ),
        Case(
            "update",
            lambda: one.update(count=3),
            lambda: collection.update_many({"_id": text}, {"$set": {"count": 3}}),
        ),
        Case(
            "exists",
            lambda: one.exists(),
            lambda: collection.find_one({"_id": text}, {"_id": True}) is not None,
        ),
        Case(
            "count",
            lambda: one.count(),
            lambda: collection.count_documents({"_id": text}),
        ),
    ]


def cpu_of_a_call(call: Callable[[], Any], calls: int) -> float:
    """Return the CPU microseconds of one call, the mean of so many."""
    started = time.process_time_ns()
    for _ in range(calls):
        call()
    return (time.process_time_ns() - started) / calls / 1_000


def measure(case: Case) -> tuple[float, float]:
    """Return the CPU microseconds of a call by the ORM, and by pymongo."""
    sides = (case.orm, case.raw)
    calls = [max(1, int(ROUND_MICROSECONDS / cpu_of_a_call(side, 5))) for side in sides]
    rounds = [
        [cpu_of_a_call(side, number) for side, number in zip(sides, calls, strict=True)]
        for _ in range(ROUNDS)
    ]
    orm, raw = (statistics.median(figures) for figures in zip(*rounds, strict=True))
    return orm, raw


def table() -> str:
    """Return the measured table in Markdown."""
    lines = [
        "| operation | ORM, µs | pymongo, µs | ratio | at most |",
        "|---|--:|--:|--:|--:|",
    ]
    for case in cases():
        orm, raw = measure(case)
        target = TARGETS.get(case.name, "")
        lines.append(f"| {case.name} | {orm:.0f} | {raw:.0f} | {orm / raw:.1f} | {target} |")
    return "\n".join(lines)


def main() -> None:
    """Measure, print, and keep the result."""
    url = os.environ.get("MONGO_URL")
    with nullcontext() if url else embedded_mongo() as server:
        set_up_django(url or server.url)
        from django.db import connection

        client = connection.database.client
        try:
            figures = table()
            name = server_name(client.server_info())
        finally:
            with pymongo.timeout(60):
                client.drop_database(connection.settings_dict["NAME"])
    keep("engine.md", name, "make bench-engine", figures)


if __name__ == "__main__":
    main()

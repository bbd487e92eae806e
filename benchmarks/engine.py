"""The CPU time that the ORM on the engine takes, beside pymongo on the same server.

`make bench-engine` prints a table and keeps it in docs/benchmarks/engine.md. CPU time is that of
this process, user and system. The two take turns in many short rounds, so that noise hits both
alike, and the median round counts. The server is the one at MONGO_URL, else an embedded one.
"""

import os
import statistics
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple
from unittest.mock import patch

from django.core.management import call_command

from benchmarks import joins
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
    from items.models import Item

    values = {"name": "Saw", "category": "tools", "price": 9.5}
    Item.objects.bulk_create(Item(count=number % 2, **values) for number in range(STORED))
    key = Item.objects.all()[0].pk
    text = str(key)
    collection = Item.objects.collection
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
    """Return the mean CPU time of so many calls, in microseconds."""
    started = time.process_time_ns()
    for _ in range(calls):
        call()
    return (time.process_time_ns() - started) / calls / 1_000


def answered_once(execute: Callable[..., Any]) -> Callable[..., Any]:
    """Return an `execute_sql()` that asks the database once and repeats the answer."""
    from djongo_engine.query.compilers import SQLCompiler

    answers: list[Any] = []

    def execute_sql(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not answers:
            answers.append(execute(self, *args, **kwargs))
        elif type(self) is SQLCompiler:
            self.setup_query()  # of what comes after, the columns are expected
        return answers[0]

    return execute_sql


@contextmanager
def without_database() -> Iterator[None]:
    """Answer the ORM at once while the block runs, so that only Django's own work is left."""
    from djongo_engine.query import compilers

    kinds = (compilers.SQLCompiler, compilers.SQLInsertCompiler, compilers.SQLUpdateCompiler)
    with ExitStack() as stack:
        for kind in kinds:
            replaced = answered_once(kind.execute_sql)
            stack.enter_context(patch.object(kind, "execute_sql", replaced))
        yield


def measure(case: Case) -> list[float]:
    """Return the CPU time of a call in microseconds: by the ORM, by pymongo, by Django alone."""
    orm_calls, raw_calls = (
        max(1, int(ROUND_MICROSECONDS / cpu_of_a_call(call, 5))) for call in (case.orm, case.raw)
    )
    rounds = []
    for _ in range(ROUNDS):
        both = [cpu_of_a_call(case.orm, orm_calls), cpu_of_a_call(case.raw, raw_calls)]
        with without_database():
            case.orm()
            rounds.append([*both, cpu_of_a_call(case.orm, orm_calls)])
    return [statistics.median(figures) for figures in zip(*rounds, strict=True)]


def table() -> str:
    """Return the measured table in Markdown."""
    lines = [
        "| operation | ORM, µs | pymongo, µs | ratio | at most | Django alone, µs |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for case in cases():
        orm, raw, django = measure(case)
        target = TARGETS.get(case.name, "")
        row = (case.name, f"{orm:.0f}", f"{raw:.0f}", f"{orm / raw:.1f}", target, f"{django:.0f}")
        lines.append(f"| {' | '.join(map(str, row))} |")
    return "\n".join(lines)


def main() -> None:
    """Measure, print, and keep the result."""
    with ExitStack() as stack:
        url = os.environ.get("MONGO_URL") or stack.enter_context(embedded_mongo()).url
        set_up_django(url, DJANGO_SETTINGS_MODULE="tests.settings")
        call_command("migrate", run_syncdb=True, verbosity=0)
        from items.models import Item

        database = Item.objects.collection.database
        try:
            figures = f"{table()}\n\n{joins.table()}"
            name = server_name(database.client.server_info())
        finally:
            with Item.objects.connection.patient(600):
                Item.objects.collection.database.client.drop_database(database.name)
    keep("engine.md", name, "make bench-engine", figures)


if __name__ == "__main__":
    main()

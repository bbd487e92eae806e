"""What a query over two collections costs, beside the two plain finds that it stands for.

Part of `make bench-engine`. Time is wall time, since the server does most of the work. The two
take turns, and the median of the rounds counts. Beside it stands what `explain` says: where the
query starts, how that is read, and how many documents that takes.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

SIZES = (3_000, 100_000)
BOOKS_OF_A_PUBLISHER = 20
PAGE = 100
ROUNDS = 15
AT_MOST = 3.0


class Case(NamedTuple):
    """One question: a queryset, and the two finds."""

    name: str
    queryset: Any
    finds: Callable[[], Any]


def fill(size: int) -> None:
    """Store so many books, each of a publisher, and a contribution to each."""
    from django.db import connection

    from tests.engine.programs.models import Book, Contribution, Person, Publisher

    publishers = size // BOOKS_OF_A_PUBLISHER
    rows: list[tuple[Any, Iterator[Any]]] = [
        (Publisher, (Publisher(pk=n, name=f"name {n}") for n in range(publishers))),
        (Person, (Person(pk=n, name=f"name {n}") for n in range(publishers))),
        (Book, (Book(pk=n, title=f"title {n}", publisher_id=n % publishers) for n in range(size))),
        (
            Contribution,
            (Contribution(pk=n, book_id=n, person_id=n % publishers) for n in range(size)),
        ),
    ]
    with connection.patient(600):  # type: ignore[attr-defined]
        for model, objects in rows:
            connection.database[model._meta.db_table].delete_many({})  # type: ignore[attr-defined]
            model.objects.bulk_create(objects, batch_size=5_000)


def cases(size: int) -> list[Case]:
    """Return the questions about so many books."""
    from django.db import connection

    from tests.engine.programs.models import Book, Contribution, Publisher

    database = connection.database  # type: ignore[attr-defined]
    books, publishers = (database[m._meta.db_table] for m in (Book, Publisher))
    contributions = database[Contribution._meta.db_table]
    one = size // 2

    def book_and_publisher() -> None:
        book = books.find_one({"id": one})
        publishers.find_one({"id": book["publisher_id"]})

    def page_and_publishers() -> None:
        page = list(books.find(sort=[("id", 1)], limit=PAGE))
        list(publishers.find({"id": {"$in": [book["publisher_id"] for book in page]}}))

    def page_and_books() -> None:
        page = list(contributions.find(sort=[("id", 1)], limit=PAGE))
        list(books.find({"id": {"$in": [each["book_id"] for each in page]}}))

    def publisher_and_books() -> None:
        keys = [each["id"] for each in publishers.find({"name": "name 7"})]
        list(books.find({"publisher_id": {"$in": keys}}))

    def books_and_contributions() -> None:
        keys = [each["id"] for each in books.find({"publisher_id": 7})]
        list(contributions.find({"book_id": {"$in": keys}}))

    related, contributed = Book.objects.select_related("publisher"), Contribution.objects.order_by()
    return [
        Case(
            'select_related("publisher").get(pk=…)', related.filter(pk=one)[:21], book_and_publisher
        ),
        Case(f"page of {PAGE}, LEFT JOIN", related.order_by("pk")[:PAGE], page_and_publishers),
        Case(
            f"page of {PAGE}, INNER JOIN",
            contributed.select_related("book").order_by("pk")[:PAGE],
            page_and_books,
        ),
        Case(
            'filter(publisher__name="name 7")',
            Book.objects.filter(publisher__name="name 7"),
            publisher_and_books,
        ),
        Case(
            "filter(book__publisher=7)",
            contributed.filter(book__publisher=7),
            books_and_contributions,
        ),
    ]


def duration(call: Callable[[], Any]) -> float:
    """Return how long a call takes, in milliseconds."""
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1_000


def measure(case: Case) -> tuple[float, float]:
    """Return the medians: of the queryset, of the two finds."""
    rounds = [
        (duration(lambda: list(case.queryset.all())), duration(case.finds)) for _ in range(ROUNDS)
    ]
    rows, finds = zip(*rounds, strict=True)
    return statistics.median(rows), statistics.median(finds)


def explained(queryset: Any) -> str:
    """Return where a query starts, by which index, and how many documents are read there."""
    from django.db import connection

    plan = queryset.query.get_compiler(connection=connection).plan()
    plan = plan.shortcut.plan if plan.shortcut else plan
    command = {"aggregate": plan.collection, "pipeline": plan.pipeline(), "cursor": {}}
    database = connection.database  # type: ignore[attr-defined]
    answer = database.command("explain", command, verbosity="executionStats")
    start = answer["stages"][0]["$cursor"]
    stage = start["queryPlanner"]["winningPlan"]
    while "inputStage" in stage and "indexName" not in stage:
        stage = stage["inputStage"]
    how = stage.get("indexName", stage["stage"])
    return f"{plan.collection} {how} {start['executionStats']['totalDocsExamined']}"


def table() -> str:
    """Return the measured table in Markdown."""
    lines = [
        "| books | query | queryset, ms | two finds, ms | ratio | at most | starts from |",
        "|--:|---|--:|--:|--:|--:|---|",
    ]
    for size in SIZES:
        fill(size)
        for case in cases(size):
            rows, finds = measure(case)
            row = (f"{size:,}", case.name, f"{rows:.2f}", f"{finds:.2f}", f"{rows / finds:.1f}")
            lines.append(f"| {' | '.join(row)} | {AT_MOST} | {explained(case.queryset)} |")
            print(lines[-1], flush=True)
    return "\n".join(lines)

"""`make bench-pages [SIZE=1000000]`: what a page costs, the first and the thousandth.

Keeps its figures in docs/benchmarks/pages.md. The keys and documents that a page examines are
asked of `explain` on MongoDB alone: SecantusDB reads more than its `explain` says.
"""

import os
import time
from collections.abc import Iterator
from typing import Any

from benchmarks.results import keep, server_name
from benchmarks.stock import stock

SIZE = int(os.environ.get("SIZE", 10_000))
LIMIT = min(100, SIZE // 1000)
PAGES = (1, 10, 100, 1000)
FILTERS: list[dict[str, Any]] = [{}, {"category": "tools"}]
RANGES: dict[str, dict[str, Any]] = {"price": {"price__gte": 1.0}, "count": {"count__gte": 1}}


def main() -> None:
    """Measure each page of each list; print and keep the table."""
    from items.finding import ORDERINGS, Listing
    from items.models import Item

    server = server_name(Item.objects.collection.database.client.server_info())
    table = [
        "| ordering | filter | index | page | ms | keys | documents | stages |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for ordering in ORDERINGS:
        ranges = RANGES.get(ordering.removeprefix("-"))
        for conditions in [*FILTERS, *([ranges] if ranges else [])]:
            listing = Listing(conditions, ordering)
            words = " ".join(conditions) or "none"
            print(f"{ordering}, filter: {words} ...", flush=True)
            for row in rows(listing, counted=server.startswith("MongoDB")):
                table.append(f"| {ordering} | {words} | {listing.index} | {row} |")
    figures = "\n".join([f"{SIZE:,} items, {LIMIT} on a page.\n", *table])
    keep("pages.md", server, f"make bench-pages SIZE={SIZE}", figures)


def rows(listing: Any, counted: bool) -> Iterator[str]:
    """Yield the cells of each page of a list that is there, with what was examined if `counted`."""
    from items.models import Item

    for number in PAGES:
        position = behind(listing, (number - 1) * LIMIT)
        if number > 1 and position is None:
            return
        durations = []
        for _ in range(3):
            started = time.perf_counter()
            Item.objects.page(listing, LIMIT + 1, position)
            durations.append(time.perf_counter() - started)
        plans: list[dict[str, Any]] = []
        missing = LIMIT + 1
        for part in listing.filters(position):
            if missing:
                plans.append(explained(listing, part, missing))
                missing -= plans[-1]["executionStats"]["nReturned"]
        keys, documents = (
            sum(plan["executionStats"][name] for plan in plans) if counted else "not measured"
            for name in ("totalKeysExamined", "totalDocsExamined")
        )
        names = ", ".join(" ".join(stages(plan["queryPlanner"]["winningPlan"])) for plan in plans)
        yield f"{number} | {min(durations) * 1000:.1f} | {keys} | {documents} | {names}"


def explained(listing: Any, filter: dict[str, Any], limit: int) -> dict[str, Any]:
    """Return how MongoDB runs one of the finds of a page."""
    from items.models import Item

    items = Item.objects.collection
    find = {
        "find": items.name,
        "filter": filter,
        "sort": dict(listing.sort),
        "limit": limit,
        **listing.options,
    }
    plan: dict[str, Any] = items.database.command("explain", find, verbosity="executionStats")
    return plan


def behind(listing: Any, skipped: int) -> Any:
    """Return the position behind so many items; None at the start, or beyond the end."""
    from items.documents import as_item
    from items.models import Item

    if not skipped:
        return None
    found = Item.objects.mongo_find(
        listing.filter, sort=listing.sort, skip=skipped - 1, limit=1, **listing.options
    )
    return next((listing.position(as_item(document)) for document in found), None)


def stages(plan: dict[str, Any]) -> Iterator[str]:
    """Yield the names of a plan's stages, outermost first."""
    # Newer servers wrap the plan of the classic engine.
    plan = plan.get("queryPlan", plan)
    yield plan["stage"]
    for child in [plan.get("inputStage"), *plan.get("inputStages", [])]:
        if child:
            yield from stages(child)


if __name__ == "__main__":
    with stock(SIZE):
        main()

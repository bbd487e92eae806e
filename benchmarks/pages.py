"""`make bench-pages [SIZE=1000000]`: what a page costs, the first and the thousandth."""

import os
import time
from collections.abc import Iterator
from typing import Any

from benchmarks.stock import stock

SIZE = int(os.environ.get("SIZE", 10_000))
LIMIT = min(100, SIZE // 1000)
PAGES = (1, 10, 100, 1000)
FILTERS: list[dict[str, Any]] = [{}, {"category": "tools"}]
RANGES: dict[str, dict[str, Any]] = {"price": {"price__gte": 1.0}, "count": {"count__gte": 1}}


def main() -> None:
    """Print a row for each page of each list."""
    from items.finding import ORDERINGS, Listing

    print(f"{SIZE} items, {LIMIT} on a page\n")
    print("| ordering | filter | index | page | ms | keys | documents | stages |")
    print("|---|---|---|---|---|---|---|---|")
    for ordering in ORDERINGS:
        ranges = RANGES.get(ordering.removeprefix("-"))
        for conditions in [*FILTERS, *([ranges] if ranges else [])]:
            listing = Listing(conditions, ordering)
            for row in rows(listing):
                words = " ".join(conditions) or "none"
                print(f"| {ordering} | {words} | {listing.index} | {row} |", flush=True)


def rows(listing: Any) -> Iterator[str]:
    """Yield the cells of each page of a list that is there."""
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
        plans = [explained(listing, part) for part in listing.filters(position)]
        keys, documents = (
            sum(plan["executionStats"][name] for plan in plans)
            for name in ("totalKeysExamined", "totalDocsExamined")
        )
        names = ", ".join(" ".join(stages(plan["queryPlanner"]["winningPlan"])) for plan in plans)
        yield f"{number} | {min(durations) * 1000:.1f} | {keys} | {documents} | {names}"


def explained(listing: Any, filter: dict[str, Any]) -> dict[str, Any]:
    """Return how MongoDB runs one of the finds of a page."""
    from items.models import Item

    items = Item.objects.collection
    find = {
        "find": items.name,
        "filter": filter,
        "sort": dict(listing.sort),
        "limit": LIMIT + 1,
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

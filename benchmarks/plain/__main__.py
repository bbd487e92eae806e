"""`make bench-plain`: what a request costs here, and in a plain DRF project on the same engine.

Keeps its figures in docs/benchmarks/plain.md.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator

from benchmarks.operations import ITEMS, documents
from benchmarks.results import keep, server_name
from benchmarks.sides import PROJECT
from benchmarks.stock import AUTHORIZATION, stock

TURNS = 5
THIS, PLAIN = "this service", "plain DRF"
SIDES = {
    THIS: ("fastapi_mongo_site.wsgi", "fastapi_mongo_site.settings"),
    PLAIN: ("benchmarks.plain.application", "benchmarks.plain.settings"),
}


def turn(side: str) -> dict[str, float]:
    """Return the CPU time of each request, in microseconds, as a process of its own measures it."""
    application, settings = SIDES[side]
    environ = {**os.environ, "DJANGO_SETTINGS_MODULE": settings}
    command = [sys.executable, "-m", "benchmarks.plain.measure", application, AUTHORIZATION]
    run = subprocess.run(command, cwd=PROJECT, env=environ, capture_output=True, text=True)
    if run.returncode:
        # It holds the audit trail of every write, too.
        sys.exit(run.stderr[-2_000:])
    figures: dict[str, float] = json.loads(run.stdout)
    return figures


def table(turns: dict[str, list[dict[str, float]]]) -> Iterator[str]:
    """Yield a row for each request: both medians, and the median of the turns' ratios."""
    yield "| CPU time in process | this service, µs | plain DRF, µs | × |"
    yield "|---|--:|--:|--:|"
    for name in turns[THIS][0]:
        own, other = ([figures[name] for figures in turns[side]] for side in SIDES)
        ratio = statistics.median(b / a for a, b in zip(own, other, strict=True))
        yield (
            f"| {name} | {statistics.median(own):.0f} | {statistics.median(other):.0f} |"
            f" {ratio:.1f} |"
        )


def pbkdf2_milliseconds() -> float:
    """Return the CPU time in which Django's first hasher checks one password."""
    from django.contrib.auth.hashers import PBKDF2PasswordHasher

    hasher = PBKDF2PasswordHasher()
    started = time.process_time()
    hasher.encode("a password", hasher.salt())
    return (time.process_time() - started) * 1000


def main() -> None:
    """Let both take turns; print and keep the figures."""
    from django.core.management import call_command

    from items.models import Item

    collection = Item.objects.collection
    collection.insert_many(documents(ITEMS))
    call_command("seed_service_user", verbosity=0)
    turns: dict[str, list[dict[str, float]]] = {side: [] for side in SIDES}
    for number in range(TURNS):
        for side, found in turns.items():
            found.append(turn(side))
        print(f"turn {number + 1} of {TURNS}", flush=True)
    server = server_name(collection.database.client.server_info())
    text = (
        "\n".join(table(turns))
        + "\n\nBoth check the secret with this service's hasher. Django's first one, PBKDF2, takes"
        f" {pbkdf2_milliseconds():.0f} ms more of each request of the plain project."
    )
    keep("plain.md", server, "make bench-plain", text)


if __name__ == "__main__":
    with stock(0):
        main()

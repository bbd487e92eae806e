"""Items by category, counted by the supervising process, and by none of its workers."""

import asyncio
import contextlib
import time
from collections.abc import Iterable

from django.db import Error
from prometheus_client.core import GaugeMetricFamily, Metric

from fastapi_mongo_site.metrics.instruments import OTHER
from fastapi_mongo_site.supervisor.probes import in_thread
from items.categories import numbers_by_category

COUNT_SECONDS = 60.0
"""Items are counted at most once in so long, however many ask."""
WAIT_SECONDS = 1.0
"""How long an answer waits for a count that is under way."""


class Stock:
    """The numbers of items as they were counted last."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._counted = 0.0
        self._begun = -COUNT_SECONDS
        self._counting: asyncio.Future[None] | None = None

    async def refresh(self) -> None:
        """Count if it is time to, and wait a little for the end."""
        now = time.monotonic()
        if self._counting is None or (self._counting.done() and now - self._begun >= COUNT_SECONDS):
            self._begun, self._counting = now, in_thread(self._count)
        await asyncio.wait([self._counting], timeout=WAIT_SECONDS)

    def metrics(self) -> Iterable[Metric]:
        """Yield the metrics; the last numbers stay while MongoDB is away, and none come before."""
        if self._numbers:
            stored = GaugeMetricFamily("items_stored", "Stored items.", labels=["category"])
            for category, number in self._numbers.items():
                stored.add_metric([category], number)
            yield stored
            yield GaugeMetricFamily(
                "items_counted_timestamp_seconds", "When items were counted.", self._counted
            )

    def _count(self) -> None:
        with contextlib.suppress(Error):
            numbers = numbers_by_category(OTHER)
            self._numbers, self._counted = numbers, time.time()

"""The page /metrics, in the formats of Prometheus and OpenMetrics."""

import asyncio
import os
from collections.abc import Callable, Iterable
from functools import partial
from http import HTTPStatus

from django.conf import settings
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from fastapi_mongo_site import writes
from fastapi_mongo_site.metrics.access import refusal
from fastapi_mongo_site.metrics.instruments import REGISTRY
from fastapi_mongo_site.metrics.processes import Processes
from fastapi_mongo_site.metrics.reports import Reporter
from fastapi_mongo_site.metrics.stock import Stock
from fastapi_mongo_site.metrics.totals import Totals
from fastapi_mongo_site.supervisor.beats import Workers
from fastapi_mongo_site.supervisor.exchange import Answer, Request
from fastapi_mongo_site.supervisor.probes import Probes


class Page(Collector):
    """Answers who may see the metrics."""

    def __init__(self, workers: Workers, probes: Probes, totals: Totals) -> None:
        """Take what knows the workers, whether the service is ready, and what they counted."""
        self._workers, self._probes, self._totals = workers, probes, totals
        self._stock, self._processes = Stock(), Processes()
        self._own = Reporter(REGISTRY)
        self._ready = False

    async def answer(self, request: Request) -> Answer:
        """Return the page; 401 without the right credentials."""
        if refused := refusal(request):
            return refused
        unready, _ = await asyncio.gather(self._probes.unready(), self._stock.refresh())
        self._ready = not unready
        # This process counts one thing by itself: logins that this page refuses.
        self._own(partial(self._totals.take, os.getpid()))
        encode, content_type = _format(request.headers.get("accept", ""))
        return Answer(HTTPStatus.OK, encode(self), {"Content-Type": content_type})

    def collect(self) -> Iterable[Metric]:
        """Yield all metrics."""
        places = self._workers.places()
        yield InfoMetricFamily("service", "What runs.", {"version": settings.VERSION})
        yield GaugeMetricFamily("service_ready", "1 while /readyz is 200.", self._ready)
        yield GaugeMetricFamily(
            "service_writes_refused",
            "1 if MongoDB refused the last write.",
            writes.refusal() is not None,
        )
        yield GaugeMetricFamily("service_workers", "Workers that run.", len(places))
        yield GaugeMetricFamily(
            "service_workers_wanted", "Workers that are to run.", self._workers.number
        )
        yield CounterMetricFamily(
            "service_worker_restarts",
            "Workers that were started for one that ended.",
            self._workers.restarts,
        )
        yield from self._totals.metrics(places)
        yield from self._stock.metrics()
        yield from self._processes.metrics(places)


def _format(accept: str) -> tuple[Callable[[Collector], bytes], str]:
    """Return the encoder and the Content-Type for an Accept header."""
    try:
        return choose_encoder(accept)
    except TypeError:
        # It cannot compare a version that is no number.
        return choose_encoder("")

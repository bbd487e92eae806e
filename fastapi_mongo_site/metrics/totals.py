"""The sums of what all workers counted, those that have ended too."""

from collections.abc import Iterable, Mapping

import orjson
from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric

Series = dict[tuple[str, tuple[tuple[str, str], ...]], float]


class Totals:
    """Adds up what `reports.Reporter` tells of each process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Take a registry with the metrics that processes report."""
        self._registry = registry
        self._sums: dict[str, Series] = {}
        self._gauges: dict[int, list[tuple[str, float]]] = {}

    def take(self, pid: int, text: bytes) -> None:
        """Take a text of the process of this id."""
        told = orjson.loads(text)
        if "gauges" in told:
            self._gauges[pid] = told["gauges"]
        for metric, samples in told.get("rises", ()):
            sums = self._sums.setdefault(metric, {})
            for name, labels, rise in samples:
                key = name, tuple(labels.items())
                sums[key] = sums.get(key, 0) + rise

    def metrics(self, places: Mapping[int, int]) -> Iterable[Metric]:
        """Yield the metrics: the sums, and the gauges of the workers at these places.

        What is known of the gauges of other processes is dropped.
        """
        self._gauges = {pid: gauges for pid, gauges in self._gauges.items() if pid in places}
        for metric in self._registry.collect():
            metric.samples = []
            for (name, labels), value in self._sums.get(metric.name, {}).items():
                metric.add_sample(name, dict(labels), value)
            for pid, gauges in self._gauges.items():
                for name, value in gauges:
                    if name == metric.name:
                        metric.add_sample(name, {"worker": str(places[pid])}, value)
            yield metric

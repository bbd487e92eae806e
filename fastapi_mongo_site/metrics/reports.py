"""What a process tells of what it counted: how far each number rose, and where each gauge stands.

A report that cannot be sent is not lost: the next one says what it would have said.
"""

from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any

import orjson
from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric, Sample

Key = tuple[str, tuple[tuple[str, str], ...]]

SERIES = 8
"""So many in a text: one of a histogram takes 2 KB."""


def key_of(sample: Sample) -> Key:
    """Return what tells a sample from all others."""
    return sample.name, tuple(sample.labels.items())


class Reporter:
    """Tells what the metrics of a registry have become since its last report."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Take the registry."""
        self._registry = registry
        self._told: dict[Key, float] = {}

    def __call__(self, send: Callable[[bytes], None]) -> None:
        """Send one text or more. Raises what `send` raises."""
        gauges: list[Any] = []
        changed: list[tuple[str, list[Sample]]] = []
        for metric in self._registry.collect():
            if metric.type == "gauge":
                gauges += [(metric.name, sample.value) for sample in metric.samples]
            else:
                changed += [(metric.name, one) for one in _series(metric) if self._is_news(one)]
        send(orjson.dumps({"gauges": gauges}))
        for start in range(0, len(changed), SERIES):
            some = changed[start : start + SERIES]
            rises = [(name, [self._rise(sample) for sample in one]) for name, one in some]
            send(orjson.dumps({"rises": rises}))
            self._told.update((key_of(sample), sample.value) for _, one in some for sample in one)

    def _is_news(self, series: list[Sample]) -> bool:
        return any(self._told.get(key_of(sample)) != sample.value for sample in series)

    def _rise(self, sample: Sample) -> tuple[str, dict[str, str], float]:
        return sample.name, sample.labels, sample.value - self._told.get(key_of(sample), 0)


def _series(metric: Metric) -> Iterator[list[Sample]]:
    """Yield the samples of a metric, those of one histogram together."""
    # The time of creation would be that of a worker, and no sum.
    counted = [sample for sample in metric.samples if not sample.name.endswith("_created")]
    for _, samples in groupby(counted, lambda sample: {**sample.labels, "le": ""}):
        yield list(samples)

"""What a process tells of what it counted: how far each number rose, and where each gauge stands.

A report that cannot be sent is not lost: the next one says what it would have said.
"""

from collections.abc import Callable, Iterator
from itertools import repeat
from typing import Any

import orjson
from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric, Sample

SERIES = 8
"""So many in a text: one of a histogram takes 2 KB."""


class Reporter:
    """Tells what the metrics of a registry have become since its last report.

    It takes 2 ms of CPU for 60 histograms, once a second.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        """Take the registry."""
        self._registry = registry
        self._told: dict[tuple[str, ...], list[float]] = {}

    def __call__(self, send: Callable[[bytes], None]) -> None:
        """Send one text or more. Raises what `send` raises."""
        gauges: list[Any] = []
        rises: list[Any] = []
        values: list[tuple[tuple[str, ...], list[float]]] = []
        for metric in self._registry.collect():
            if metric.type == "gauge":
                gauges += [(metric.name, sample.value) for sample in metric.samples]
                continue
            for series in _series(metric):
                key = (metric.name, *series[-1].labels.values())
                now, told = [sample.value for sample in series], self._told.get(key)
                if now != told:
                    rises.append((metric.name, _rises(series, told)))
                    values.append((key, now))
        send(orjson.dumps({"gauges": gauges}))
        for start in range(0, len(rises), SERIES):
            some = slice(start, start + SERIES)
            send(orjson.dumps({"rises": rises[some]}))
            self._told.update(values[some])


def _rises(
    series: list[Sample], told: list[float] | None
) -> list[tuple[str, dict[str, str], float]]:
    return [
        (sample.name, sample.labels, sample.value - before)
        for sample, before in zip(series, told or repeat(0), strict=False)
    ]


def _series(metric: Metric) -> Iterator[list[Sample]]:
    """Yield the samples of a metric, those of one histogram together, its sum at last."""
    series: list[Sample] = []
    for sample in metric.samples:
        # The time of creation would be that of a worker, and no sum.
        if not sample.name.endswith("_created"):
            series.append(sample)
            if not sample.name.endswith(("_bucket", "_count")):
                yield series
                series = []

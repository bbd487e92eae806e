"""CPU, memory, open files and threads of the supervising process and its workers, from /proc.

Where there is no /proc, as on macOS, there are none of these figures.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from prometheus_client import ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric

CPU = "process_cpu_seconds"


class Processes:
    """The figures of this process and of others."""

    def __init__(self) -> None:
        self._cpu: dict[str, tuple[int, float, float]] = {}

    def metrics(self, workers: Mapping[int, int]) -> Iterable[Metric]:
        """Return the metrics, with the places of the workers by their process ids."""
        processes = {os.getpid(): "supervisor"}
        processes |= {pid: f"worker-{place}" for pid, place in workers.items()}
        found: dict[str, Metric] = {}
        for pid, process in processes.items():
            for metric in _figures(pid):
                samples, metric.samples = metric.samples, []
                shown = found.setdefault(metric.name, metric)
                for name, _, value, *_ in samples:
                    if metric.name == CPU:
                        value = self._cpu_of(process, pid, value)
                    shown.add_sample(name, {"process": process}, value)
        return found.values()

    def _cpu_of(self, process: str, pid: int, seconds: float) -> float:
        """Return the CPU time of a place: that of its worker, and of those before."""
        last, before, most = self._cpu.get(process, (pid, 0.0, 0.0))
        if last != pid:
            before += most
        self._cpu[process] = (pid, before, seconds)
        return before + seconds


def _figures(pid: int) -> Iterable[Metric]:
    yield from ProcessCollector(pid=lambda: pid, registry=None).collect()
    try:
        threads = len(list(Path(f"/proc/{pid}/task").iterdir()))
    except OSError:
        return
    yield GaugeMetricFamily("process_threads", "Number of threads.", threads)

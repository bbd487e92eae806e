"""Prints at the end of a run how often the engine answered as SQLite did, over all workers."""

from collections import Counter

from tests.engine.probes import summary


def pytest_terminal_summary(terminalreporter) -> None:
    counts: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if name == "probes" and report.when == "call":
                    counts.update(value)
    if counts:
        terminalreporter.write_line(summary(counts))

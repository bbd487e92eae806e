"""docs/scaling.md computes with the figures that docs/benchmarks/speed.md has."""

import re

import pytest

from tests.support.service import PROJECT

PAGE = (PROJECT / "docs" / "scaling.md").read_text().replace("\n", " ")
SPEED = (PROJECT / "docs" / "benchmarks" / "speed.md").read_text()


def cpu(operation):
    """The CPU time of a request of this service in µs, by the latest run."""
    row = rf"^\| {re.escape(operation)} \| this service \|(?:[^|]*\|){{3}} (\d+) \|"
    return int(re.search(row, SPEED, re.MULTILINE)[1])


@pytest.mark.parametrize(
    ("operation", "said"),
    [
        ("GET id", "{} µs for `GET` of an item"),
        ("PUT ?count=", "{} for a change"),
        ("POST", "{} for a creation"),
        ("list 100", "{} for a page of a hundred"),
    ],
)
def test_it_has_the_figures_of_the_benchmark(operation, said):
    assert said.format(cpu(operation)) in PAGE


def test_its_example_is_computed_from_them():
    get, change = cpu("GET id"), cpu("PUT ?count=")
    cores = 2_000 * (0.9 * get + 0.1 * change) / 1_000_000 / 0.7
    assert f"2,000 × (0.9 × {get} + 0.1 × {change}) / 1,000,000 / 0.7 = {cores:.2f}" in PAGE

"""No two tests share an id: pytest-xdist assigns tests by id, and would run only one of them."""

import os
from collections import Counter
from collections.abc import Iterable

import pytest


def refuse_shared(ids: Iterable[str]) -> None:
    """Raise UsageError for ids that more than one test has."""
    shared = [
        f"{count} tests share the id {name}" for name, count in Counter(ids).items() if count > 1
    ]
    if shared:
        raise pytest.UsageError("\n".join(shared))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # An error raised in a worker of pytest-xdist is not shown.
    if "PYTEST_XDIST_WORKER" not in os.environ:
        refuse_shared(item.nodeid for item in items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(ids: list[str]) -> None:
    refuse_shared(ids)

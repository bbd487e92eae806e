"""The page, as the supervising process has it."""

import asyncio

import pytest

from tests.support.metrics import Asked


@pytest.fixture
def asked():
    with asyncio.Runner() as loop:
        yield Asked(loop)

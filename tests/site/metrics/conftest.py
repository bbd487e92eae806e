"""The page, as the supervising process has it."""

import asyncio
import os
from functools import partial

import pytest

from fastapi_mongo_site.metrics.instruments import REGISTRY
from fastapi_mongo_site.metrics.page import Page
from fastapi_mongo_site.metrics.reports import Reporter
from fastapi_mongo_site.metrics.totals import Totals
from fastapi_mongo_site.supervisor.beats import Workers
from fastapi_mongo_site.supervisor.exchange import Request
from fastapi_mongo_site.supervisor.probes import Probes
from tests.support.accounts import AUTHORIZATION


class Asked:
    """A page, and the workers that it knows: this process is one."""

    def __init__(self, loop: asyncio.Runner) -> None:
        self.loop = loop
        self.totals = Totals(REGISTRY)
        workers = Workers(2, None, self.totals.take)
        workers._heard = {os.getpid(): float("inf")}
        self.page = Page(workers, Probes(workers, "127.0.0.1", 1), self.totals)

    def answers(self, *requests: dict) -> list:
        """What requests with these headers are answered, one after the other."""

        async def ask():
            return [await self.page.answer(Request(headers, "10.0.0.9")) for headers in requests]

        return self.loop.run(ask())

    def report(self) -> None:
        """Let the page know what this process counted."""
        Reporter(REGISTRY)(partial(self.totals.take, os.getpid()))

    def text(self, accept: str = "") -> str:
        """The page, for who may see it."""
        headers = {"authorization": AUTHORIZATION["Authorization"], "accept": accept}
        return self.answers(headers)[0].content.decode()


@pytest.fixture
def asked():
    with asyncio.Runner() as loop:
        yield Asked(loop)

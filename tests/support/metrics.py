"""The metrics of a service that runs, as a monitor gets them, and the page by itself."""

import asyncio
import os
import urllib.request
from collections import Counter
from collections.abc import Mapping
from functools import partial

from prometheus_client.parser import text_string_to_metric_families

from fastapi_mongo_site.metrics.instruments import REGISTRY
from fastapi_mongo_site.metrics.page import Page
from fastapi_mongo_site.metrics.reports import Reporter
from fastapi_mongo_site.metrics.totals import Totals
from fastapi_mongo_site.supervisor.beats import Workers
from fastapi_mongo_site.supervisor.exchange import Request
from fastapi_mongo_site.supervisor.probes import Probes
from tests.support.accounts import AUTHORIZATION
from tests.support.service import Service

Key = tuple[str, frozenset[tuple[str, str]]]


def scrape(service: Service, headers: Mapping[str, str] = AUTHORIZATION) -> Counter[Key]:
    """Return each sample's value by its name and labels, 0 without one; fail if one comes twice."""
    url = f"http://127.0.0.1:{service.management_port}/metrics"
    request = urllib.request.Request(url, headers=dict(headers))
    with urllib.request.urlopen(request, timeout=10) as answer:
        text = answer.read().decode()
    samples = [
        ((sample.name, frozenset(sample.labels.items())), sample.value)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    ]
    assert len(dict(samples)) == len(samples)
    return Counter(dict(samples))


def key(name: str, **labels: str) -> Key:
    """Return the key of a sample."""
    return name, frozenset(labels.items())


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

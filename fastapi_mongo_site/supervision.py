"""What the process that supervises the workers has beside Granian: beats, probes and metrics."""

import contextlib
import socket
from collections.abc import Iterator
from typing import NamedTuple

from django.conf import settings

from fastapi_mongo_site.addresses import refuse_management_address
from fastapi_mongo_site.metrics.instruments import REGISTRY
from fastapi_mongo_site.metrics.page import Page
from fastapi_mongo_site.metrics.totals import Totals
from fastapi_mongo_site.supervisor.beats import Workers, channel
from fastapi_mongo_site.supervisor.listener import Listener
from fastapi_mongo_site.supervisor.probes import Probes


class Supervision(NamedTuple):
    """The workers as they are known, the probes, and where the workers send their beats."""

    workers: Workers
    probes: Probes
    outbox: socket.socket


@contextlib.contextmanager
def supervision() -> Iterator[Supervision]:
    """Answer probes and metrics within, unless there is no port for them. Raises CommandError."""
    inbox, outbox = channel()
    totals = Totals(REGISTRY)
    workers = Workers(settings.WORKERS, inbox, totals.take)
    probes = Probes(workers, settings.HOST, settings.PORT)
    page = Page(workers, probes, totals)
    routes = {"/livez": probes.livez, "/readyz": probes.readyz, "/metrics": page.answer}
    with contextlib.ExitStack() as stack:
        if settings.MANAGEMENT_PORT is not None:
            address = settings.MANAGEMENT_HOST, settings.MANAGEMENT_PORT
            try:
                stack.enter_context(Listener(*address, routes, workers.listen))
            except OSError as error:
                refuse_management_address(error)
        yield Supervision(workers, probes, outbox)

"""What a process counts: requests, operations on MongoDB, refused logins, and writes of items.

Every label has few values: routes of the URLconf, methods and codes that are known.
"""

from collections.abc import Iterable
from typing import Generic, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.registry import Collector
from pymongo.errors import PyMongoError

from accounts.failed_logins import failed_logins
from djongo_engine import work
from djongo_engine.breaker import breaker
from djongo_engine.server_errors import code_of
from fastapi_mongo_site.http import context
from items import audit

OTHER = "other"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
MAX_CODES = 50
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

REGISTRY = CollectorRegistry()

Instrument = TypeVar("Instrument", bound=MetricWrapperBase)


class Children(dict[tuple[object, ...], Instrument], Generic[Instrument]):
    """The children of an instrument by the values of their labels.

    A look here takes 0.1 us, `labels()` 0.7.
    """

    def __init__(self, instrument: Instrument) -> None:
        """Take the instrument."""
        self._instrument = instrument

    def __missing__(self, values: tuple[object, ...]) -> Instrument:
        """Make the child."""
        child = self[values] = self._instrument.labels(*values)
        return child


requests = Children(
    Histogram(
        "http_request_duration_seconds",
        "Time from a request's arrival at a thread of a worker until its answer is made.",
        ["route", "method", "status"],
        buckets=BUCKETS,
        registry=REGISTRY,
    )
)
operations = Histogram(
    "mongodb_operation_duration_seconds",
    "Time of an operation on MongoDB, which is one command or a few that belong together.",
    buckets=BUCKETS,
    registry=REGISTRY,
)
errors = Children(
    Counter(
        "mongodb_operation_errors",
        "Operations on MongoDB that failed, by the server's code or the driver's error.",
        ["code"],
        registry=REGISTRY,
    )
)
writes = Children(Counter("items_writes", "Items that were written.", ["kind"], registry=REGISTRY))
for kind in ("created", "changed", "deleted", "adjusted"):
    # A rate is known from the second value on: the first is to be 0.
    writes[(kind,)].inc(0)
in_use = Gauge(
    "mongodb_pool_connections_in_use",
    "Connections of a worker's pool that operations hold.",
    registry=REGISTRY,
)
waiting = Gauge(
    "mongodb_pool_operations_waiting",
    "Operations that wait for a connection of a worker's pool.",
    registry=REGISTRY,
)
breaker_open = Gauge(
    "mongodb_breaker_open",
    "1 while a worker refuses requests because MongoDB cannot be read.",
    registry=REGISTRY,
)


class _FailedLogins(Collector):
    """Shows a number that is counted anyway."""

    def collect(self) -> Iterable[Metric]:
        """Yield the number of refused logins."""
        yield CounterMetricFamily(
            "accounts_refused_logins", "Requests with wrong credentials.", failed_logins.total
        )


REGISTRY.register(_FailedLogins())


def observe_request(request: context.RequestContext) -> None:
    """Count a request that was answered, and its time."""
    method = request.request.method
    labels = (
        request.route or OTHER,
        method if method in METHODS else OTHER,
        request.response.status_code,
    )
    requests[labels].observe(request.seconds)


def observe_operation(seconds: float, error: Exception | None) -> None:
    """Count an operation, its time, and why it failed."""
    operations.observe(seconds)
    if isinstance(error, PyMongoError):
        label = (code_of(error) or type(error).__name__,)
        errors[label if label in errors or len(errors) < MAX_CODES else (OTHER,)].inc()


def observe_write(kind: str, number: int) -> None:
    """Count items that were written, by what was done to them."""
    writes[(kind,)].inc(number)


def start(max_pool_size: int) -> None:
    """Count from now on, in a process whose client has a pool of so many connections.

    The connections are computed from the threads that are within an operation: pymongo's
    ConnectionPoolListener takes 3.4 us for each command, this 0.2.
    """
    context.observers.append(observe_request)
    work.observers.append(observe_operation)
    audit.observers.append(observe_write)
    in_use.set_function(lambda: min(len(work.threads), max_pool_size))
    waiting.set_function(lambda: max(0, len(work.threads) - max_pool_size))
    breaker_open.set_function(lambda: breaker.is_open)

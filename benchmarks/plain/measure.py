"""Prints the CPU time of each request as JSON: microseconds of this process, the median of ROUNDS.

`python -m benchmarks.plain.measure APPLICATION AUTHORIZATION`, where APPLICATION is the module of a
WSGI application.
"""

import importlib
import json
import statistics
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from benchmarks.floor import cpu_of_a_call, environ_of
from benchmarks.operations import ONE, PATH, as_item, new_item

ROUNDS = 7
ITEM = as_item(ONE)
Request = tuple[str, str, dict[str, Any] | None]
REQUESTS: dict[str, Callable[[], Request]] = {
    "GET id": lambda: ("GET", PATH, None),
    "list 100": lambda: ("GET", "/v1/items", None),
    "PUT, a body": lambda: ("PUT", PATH, ITEM),
    "POST": lambda: ("POST", "/v1/items", new_item(1)),
}


def main() -> None:
    """Measure each request; leave the items that were there."""
    module, authorization = sys.argv[1:]
    application: Any = importlib.import_module(module).application
    from items.models import Item

    figures = {}
    for name, request in REQUESTS.items():
        call = partial(send, application, authorization, request)
        times = [cpu_of_a_call(call) for _ in range(ROUNDS)]
        # The first warms up.
        figures[name] = statistics.median(times[1:])
        Item.objects.collection.delete_many({"name": "Nail"})
    print(json.dumps(figures))


def send(application: Any, authorization: str, request: Callable[[], Request]) -> None:
    """Send one request. Raises SystemExit unless it succeeds."""
    method, path, item = request()
    content = b"" if item is None else json.dumps(item).encode()
    environ = environ_of(method, path, authorization, content)
    statuses: list[str] = []
    body = application(environ, lambda status, headers: statuses.append(status))
    answer = b"".join(body)
    if not statuses[0].startswith("2"):
        raise SystemExit(f"{method} {path}: {statuses[0]} {answer[:200]!r}")


if __name__ == "__main__":
    main()

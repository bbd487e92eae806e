"""The CPU time of a GET of an item in process, beside that of a bare `find_one` of pymongo.

`python -m benchmarks.floor PATH ID AUTHORIZATION` prints both in microseconds. It is a process of
its own, as the application that Granian serves takes over the signals.
"""

import io
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

CALLS = 200
ROUNDS = 21


def main() -> None:
    """Let both take turns, and print the median of each."""
    from fastapi_mongo_site.wsgi import application
    from items.models import Item

    path, key, authorization = sys.argv[1:]
    statuses: list[str] = []

    def request() -> None:
        environ = environ_of("GET", path, authorization)
        application(environ, lambda status, headers: statuses.append(status))

    collection = Item.objects.collection
    rounds = [
        (cpu_of_a_call(request), cpu_of_a_call(lambda: collection.find_one({"_id": key})))
        for _ in range(ROUNDS)
    ]
    if {*statuses} != {"200 OK"}:
        sys.exit(f"A GET in process answers {statuses[0]}.")
    # The first of each warms up.
    print(*(statistics.median(times) for times in zip(*rounds[1:], strict=True)))


def environ_of(method: str, path: str, authorization: str, content: bytes = b"") -> dict[str, Any]:
    """Return the WSGI environment of a request, with JSON for its body."""
    body = {"CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(content))}
    return {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "localhost",
        "HTTP_AUTHORIZATION": authorization,
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(content),
        **(body if content else {}),
    }


def cpu_of_a_call(call: Callable[[], Any]) -> float:
    """Return the mean CPU time of CALLS calls, in microseconds."""
    started = time.process_time()
    for _ in range(CALLS):
        call()
    return (time.process_time() - started) / CALLS * 1e6


if __name__ == "__main__":
    main()

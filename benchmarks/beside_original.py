"""`make bench-original`: one worker of this service beside one of a service like the original.

They use the same MongoDB and take turns, so that other work on the machine slows both alike. Prints
the table of docs/benchmarks/original.md. SECONDS is the length of a turn, ROUNDS their number, and
THREADS the number of threads in this service's worker.
"""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from benchmarks.load import answers
from benchmarks.processes import cpu_seconds
from benchmarks.stock import AUTHORIZATION, CONFIGURATION, stock
from fastapi_mongo_site.local.embedded_mongo import free_port
from tests.support.service import Service

DIRECTORY = Path(__file__).parent / "original"
SECONDS = float(os.environ.get("SECONDS", "3"))
ROUNDS = int(os.environ.get("ROUNDS", "5"))
CONNECTIONS = int(os.environ.get("CONNECTIONS", "8"))
ITEMS = 100
ITEM = "dbb86c27-2eed-410d-881e-ad47487dd228"


class Turn(NamedTuple):
    """The figures of one turn of a service."""

    rate: float
    """Requests a second."""
    cpu: float
    """CPU time of the service for one request, in microseconds, without its clients and MongoDB."""


def request(method: str, path: str, body: bytes = b"") -> bytes:
    """Return a request as it goes over the wire."""
    content = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {AUTHORIZATION}\r\n"
    return (head + content + "\r\n").encode() + body


def always(message: bytes) -> Callable[[int], bytes]:
    """Return a function that gives the same request each time."""
    return lambda number: message


def new_item(number: int) -> bytes:
    """Return a request that creates an item with an id of its own."""
    values = {"name": "Nail", "category": "consumables", "count": number, "price": 0.05}
    return request("POST", "/v1/items", json.dumps({"id": str(uuid.uuid4()), **values}).encode())


def new_count(number: int) -> bytes:
    """Return a request that gives the item a count."""
    return request("PUT", f"/v1/items/{ITEM}?count={number}")


# Last, the one that adds items: the original lists all there are.
REQUESTS: dict[str, Callable[[int], bytes]] = {
    "get an item": always(request("GET", f"/v1/items/{ITEM}")),
    f"list {ITEMS} items": always(request("GET", "/v1/items")),
    "change a count": new_count,
    "create an item": new_item,
}


def turn(port: int, process: int, make_request: Callable[[int], bytes]) -> Turn:
    """Load a service for SECONDS."""
    before = cpu_seconds(process)
    number = answers(port, make_request, CONNECTIONS, SECONDS)
    return Turn(number / SECONDS, (cpu_seconds(process) - before) / number * 1e6)


def wait_until_up(port: int) -> None:
    """Wait until a service gives the page of items."""
    headers = {"Authorization": AUTHORIZATION}
    page = urllib.request.Request(f"http://127.0.0.1:{port}/v1/items", headers=headers)
    for _ in range(300):
        try:
            urllib.request.urlopen(page, timeout=10).close()
            return
        except urllib.error.HTTPError:
            raise
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"Nothing answers on port {port}.")


def measure() -> dict[str, dict[str, list[Turn]]]:
    """Start both services; return the turns of each, by kind of request."""
    python = Path(sys.argv[1]).absolute()
    port = free_port()
    environ = {name: os.environ[name] for name in ("MONGO_URL", "THREADS") if name in os.environ}
    command = [str(python), "-m", "uvicorn", "app:app", "--port", str(port), "--log-level", "error"]
    with Service("serve", WORKERS="1", **environ) as service:
        original = subprocess.Popen(
            command, cwd=DIRECTORY, env={**CONFIGURATION, **environ}, start_new_session=True
        )
        try:
            sides = {"this": (service.port, service.process.pid), "original": (port, original.pid)}
            for side_port, _ in sides.values():
                wait_until_up(side_port)
            turns: dict[str, dict[str, list[Turn]]] = {}
            for name, make_request in REQUESTS.items():
                of_each = turns[name] = {side: [] for side in sides}
                for _ in range(ROUNDS):
                    for side, target in sides.items():
                        of_each[side].append(turn(*target, make_request))
            return turns
        finally:
            original.terminate()
            original.wait(10)


def main() -> None:
    """Print a row for each kind of request, with the median turn of each side."""
    print("| One worker each | requests/s | original's | × | CPU, µs | original's | × |")
    print("|---|---|---|---|---|---|---|")
    for name, sides in measure().items():
        rate, others_rate = (middle([turn.rate for turn in sides[s]]) for s in sides)
        cpu, others_cpu = (middle([turn.cpu for turn in sides[s]]) for s in sides)
        print(
            f"| {name} | {rate:.0f} | {others_rate:.0f} | {rate / others_rate:.2f} "
            f"| {cpu:.0f} | {others_cpu:.0f} | {cpu / others_cpu:.2f} |"
        )


def middle(values: list[float]) -> float:
    """Return the median."""
    return sorted(values)[len(values) // 2]


if __name__ == "__main__":
    with stock(ITEMS - 1):
        from items.models import Item

        # The original reads names of at most eight characters.
        Item.objects.collection.update_many({}, {"$set": {"name": "Item"}})
        hammer = {"id": ITEM, "name": "Hammer", "category": "tools", "count": 20, "price": 9.99}
        Item.objects.add(hammer)
        main()

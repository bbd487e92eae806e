"""`make bench-auth`: what Basic authentication costs, and what a flood of wrong secrets does.

Starts the service as a deployment does (two workers) with an embedded MongoDB, or with the one at
MONGO_URL, and prints the tables of docs/benchmarks/authentication.md. It stops by itself.
"""

import base64
import http.client
import itertools
import multiprocessing
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

from fastapi_mongo_site.local.embedded_mongo import EmbeddedMongo, free_port

PROJECT = Path(__file__).parent.parent
USER, SECRET = "bench", "bench-Qm7xTz3VpK9wLr2NcYdG"
SECONDS = float(os.environ.get("SECONDS", "20"))
CLIENTS, ATTACKERS = 8, 16
ROUNDS = 10
LEAD = 0.4
"""Seconds that the attackers begin before the clients do."""
REFUSALS = int(os.environ.get("REFUSALS", "2000"))
MISSING = "/v1/items/dbb86c27-2eed-410d-881e-ad47487dd228"
"""An item that is not there: one round trip to MongoDB."""


def basic(username: str, password: str) -> str:
    """Return the value of an Authorization header."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


class Client:
    """A connection that is kept open."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def call(self, path: str, header: str | None) -> tuple[int, float]:
        """Return the status and the seconds it took."""
        headers = {"Authorization": header} if header else {}
        started = time.perf_counter()
        self.connection.request("GET", path, headers=headers)
        answer = self.connection.getresponse()
        answer.read()
        return answer.status, time.perf_counter() - started


def for_a_while(threads: list[Callable[[threading.Event], None]], seconds: float) -> None:
    """Run functions in threads, each until the event that it is given is set."""
    stopped = threading.Event()
    running = [threading.Thread(target=thread, args=(stopped,)) for thread in threads]
    for thread in running:
        thread.start()
    time.sleep(seconds)
    stopped.set()
    for thread in running:
        thread.join()


def load(port: int, path: str, header: str | None, seconds: float) -> tuple[list[float], Counter]:
    """Call with CLIENTS connections at once; return the times and the statuses."""
    times: list[float] = []
    statuses: Counter = Counter()

    def client(stopped: threading.Event) -> None:
        client = Client(port)
        while not stopped.is_set():
            status, taken = client.call(path, header)
            times.append(taken)
            statuses[status] += 1

    for_a_while([client] * CLIENTS, seconds)
    return times, statuses


def attack(port: int, seconds: float) -> Counter:
    """Try secrets on the service user as fast as they are answered; return the statuses."""
    statuses: Counter = Counter()

    def attacker(stopped: threading.Event) -> None:
        client = Client(port)
        for guess in itertools.count():
            if stopped.is_set():
                return
            status, _ = client.call(MISSING, basic(USER, f"guess-{guess}"))
            statuses[status] += 1

    for_a_while([attacker] * ATTACKERS, seconds)
    return statuses


def percentile(times: list[float], share: float) -> float:
    """Return a percentile in milliseconds."""
    return sorted(times)[int(len(times) * share)] * 1000


@contextmanager
def service() -> Iterator[tuple[int, dict[str, str]]]:
    """Start the database and the service; give its port and its environment."""
    with ExitStack() as stack:
        url = os.environ.get("MONGO_URL")
        if not url:
            directory = Path(tempfile.mkdtemp(prefix="mongodb-for-benchmark-"))
            stack.callback(shutil.rmtree, directory)
            database = EmbeddedMongo(directory)
            database.start()
            stack.callback(database.stop)
            url = database.url
        port = free_port()
        environment = {
            **os.environ,
            "MONGO_URL": url,
            "MONGO_DB": f"benchmark_{os.getpid()}",
            "SERVICE_USER": USER,
            "SERVICE_PWD": SECRET,
            "SECRET_KEY": "key-of-the-benchmark-0123456789-abcdefghijklmnopqrstuvwxyz",
            "PORT": str(port),
            "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
        }
        command = [sys.executable, "manage.py", "serve"]
        process = subprocess.Popen(
            command,
            cwd=PROJECT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        stack.callback(process.wait)
        stack.callback(process.terminate)
        for _ in range(300):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        yield port, environment


def throughput(port: int) -> None:
    """Print what authentication adds to a request: an open view with and without credentials."""
    right = basic(USER, SECRET)
    print("\n| Call | requests/s | median | p99 |\n|---|---|---|---|")
    for name, path, header in (
        ("a constant view, open", "/open-constant", None),
        ("the same, authenticated", "/constant", right),
        ("an item that is not there, authenticated: one round trip", MISSING, right),
    ):
        times, _ = load(port, path, header, SECONDS / 2)
        rate = len(times) / (SECONDS / 2)
        print(
            f"| {name} | {rate:.0f} | {percentile(times, 0.5):.2f} ms "
            f"| {percentile(times, 0.99):.1f} ms |"
        )


def in_process(environment: dict[str, str]) -> None:
    """Print what the authentication itself takes, without HTTP."""
    code = """
import timeit, django; django.setup()
from accounts.authentication import BasicAuthentication
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory
from benchmarks.authentication import SECRET, USER, basic
factory = APIRequestFactory()
request = Request(factory.get("/", HTTP_AUTHORIZATION=basic(USER, SECRET)))
authentication = BasicAuthentication()
authentication.authenticate(request)
times = timeit.repeat(lambda: authentication.authenticate(request), number=10_000, repeat=7)
print(f"{min(times) / 10_000 * 1e6:.1f}")
"""
    command = [sys.executable, "-c", code]
    result = subprocess.run(
        command, cwd=PROJECT, env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    print(f"\nAuthentication costs {result.stdout.strip()} µs of a request (target: 25).")


def refusals(port: int, environment: dict[str, str]) -> None:
    """Print the medians of the refusals."""
    inactive = """
import django; django.setup()
from accounts.models import User
User.objects.create_user("inactive", password="right", is_service_user=True, is_active=False)
"""
    subprocess.run([sys.executable, "-c", inactive], cwd=PROJECT, env=environment, check=True)
    kinds = {
        "unknown user": ("nobody", "wrong"),
        "wrong secret": (USER, "wrong"),
        "inactive user, right secret": ("inactive", "right"),
    }
    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    client = Client(port)
    for number in range(REFUSALS):
        # In turns, each kind as often first, so that what else the machine does meets all alike.
        first = number % len(kinds)
        turns = list(kinds.items())
        for kind, (username, password) in turns[first:] + turns[:first]:
            status, taken = client.call("/v1/items", basic(username, password))
            if status != 401:
                raise SystemExit(f"{kind}: {status}")
            times[kind].append(taken)
    print(f"\n| Refusal ({REFUSALS} of each) | median |\n|---|---|")
    medians = {kind: statistics.median(taken) * 1000 for kind, taken in times.items()}
    for kind, median in medians.items():
        print(f"| {kind} | {median:.3f} ms |")
    apart = max(medians.values()) / min(medians.values()) - 1
    print(f"\nThey are {apart:.1%} apart (target: 10 %).")


def under_attack(port: int) -> None:
    """Print the times of clients with the right secret, quiet and under attack.

    In short turns, so that what else the machine does meets both alike, and with new connections
    in each, as the workers' shares of them differ.
    """
    quiet: list[float] = []
    attacked: list[float] = []
    quiet_statuses: Counter = Counter()
    attacked_statuses: Counter = Counter()
    attacks: Counter = Counter()
    right, seconds = basic(USER, SECRET), SECONDS / ROUNDS
    # Not in this process: its interpreter would be a part of what the clients wait for.
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        pool.submit(os.getpid).result()
        print("\n| Turn | quiet p99 | p99 under attack | slowest |\n|---|---|---|---|")
        for turn in range(ROUNDS):
            undisturbed, statuses = load(port, MISSING, right, seconds)
            quiet += undisturbed
            quiet_statuses += statuses
            attackers = pool.submit(attack, port, LEAD + seconds)
            time.sleep(LEAD)
            disturbed, statuses = load(port, MISSING, right, seconds)
            attacked += disturbed
            attacked_statuses += statuses
            attacks += attackers.result()
            print(
                f"| {turn + 1} | {percentile(undisturbed, 0.99):.1f} ms "
                f"| {percentile(disturbed, 0.99):.1f} ms | {max(disturbed) * 1000:.1f} ms |"
            )
    print(f"\n| {CLIENTS} clients | requests/s | median | p99 | answers |")
    print("|---|---|---|---|---|")
    for name, times, statuses in (
        ("quiet", quiet, quiet_statuses),
        (f"{ATTACKERS} attackers", attacked, attacked_statuses),
    ):
        print(
            f"| {name} | {len(times) / SECONDS:.0f} | {percentile(times, 0.5):.2f} ms "
            f"| {percentile(times, 0.99):.1f} ms | {dict(statuses)} |"
        )
    ratio = percentile(attacked, 0.99) / percentile(quiet, 0.99)
    print(f"\np99 under attack is {ratio:.2f} × quiet. The attackers got", end=" ")
    print(", ".join(f"{count} × {status}" for status, count in sorted(attacks.items())) + ".")


def main() -> None:
    """Run every measurement; SECONDS and REFUSALS in the environment say how long."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))
    with service() as (port, environment):
        in_process(environment)
        throughput(port)
        refusals(port, environment)
        under_attack(port)


if __name__ == "__main__":
    main()

"""`make bench-exports [SIZE=1000000]`: seconds and memory of an export of all items."""

import os
import time
import urllib.request

from benchmarks.processes import of_session, peak_mebibytes
from benchmarks.stock import AUTHORIZATION, stock
from tests.support.service import Service

SIZE = int(os.environ.get("SIZE", 1_000_000))


def main() -> None:
    """Print a row for each format."""
    environ = {"MONGO_URL": os.environ["MONGO_URL"], "MONGO_EXPORT_TIMEOUT_MS": "600000"}
    print("| format | items | MB | seconds | peak RSS of the worker, MiB |\n|---|---|---|---|---|")
    with Service("serve", WORKERS="1", **environ) as service:
        service.wait_until_up()
        for name in ("csv", "ndjson"):
            request = urllib.request.Request(f"{service.url}/v1/items?format={name}&ordering=price")
            request.add_header("Authorization", AUTHORIZATION)
            started = time.monotonic()
            size = lines = 0
            with urllib.request.urlopen(request, timeout=1200) as answer:
                while chunk := answer.read(2**20):
                    size += len(chunk)
                    lines += chunk.count(b"\n")
            seconds = time.monotonic() - started
            items = lines - (name == "csv")
            peak = peak_mebibytes(of_session(service.process.pid))
            print(f"| {name} | {items} | {size / 1e6:.0f} | {seconds:.1f} | {peak:.0f} |")


if __name__ == "__main__":
    with stock(SIZE):
        main()

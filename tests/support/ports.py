"""Ports for the servers of a test run."""

import contextlib
import itertools
import os
import socket

# Below those of the embedded server, of which the product draws one, and those of outgoing
# connections. Every pytest-xdist worker has a thousand to itself.
_FIRST = 10_000 + 1_000 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
_ports = itertools.cycle(range(_FIRST, _FIRST + 1_000))
# A second test run on this machine begins elsewhere.
for _ in range(os.getpid() % 1_000):
    next(_ports)


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on and no other test gets.

    A service binds its port seconds after the test has chosen it.
    """
    while True:
        port = next(_ports)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port

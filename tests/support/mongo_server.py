"""pytest plugin: a MongoDB for the run, and a configuration that is nobody's own.

Loaded by `-p tests.support.mongo_server` before Django reads its settings. With MONGO_URL in the
environment that server is used, else an embedded one that lives as long as the run: one for each
worker of pytest-xdist, for its interpreter does one thing at a time.
"""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from fastapi_mongo_site.local.embedded_mongo import EmbeddedMongo

CONFIGURATION = {
    "SERVICE_USER": "tester",
    # As long and as random as the service asks for, with what a header or a URL has to quote.
    "SERVICE_PWD": "tK7:é9f/Qz3-wX8mB4vN6yR2h",
    "SECRET_KEY": "key-of-the-tests-0123456789-abcdefghijklmnopqrstuvwxyz",
    "MONGO_DB": "api_db",
    "NAME": "Items",
    "DEBUG": "off",
    # Several workers share the cores, and the server at MONGO_URL.
    "MONGO_TIMEOUT_MS": "30000",
    # The embedded server walks past what was deleted since its last checkpoint, every minute else,
    # to find that a unique value is free: tests that begin with nothing delete all the time.
    "SECANTUS_CHECKPOINT_SECONDS": "2",
}
_server: list[EmbeddedMongo] = []


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config):
    os.environ.update(CONFIGURATION)
    # The controller of the workers runs no test, and they inherit what it sets.
    workers = getattr(early_config.known_args_namespace, "numprocesses", None)
    runs_tests = not workers or "PYTEST_XDIST_WORKER" in os.environ
    if runs_tests and not os.environ.get("MONGO_URL"):
        directory = Path(tempfile.mkdtemp(prefix="mongodb-for-tests-"))
        # Its data goes with the run; waiting for the disk makes an index five times as dear.
        server = EmbeddedMongo(directory, durable=False)
        server.start()
        _server.append(server)
        os.environ["MONGO_URL"] = server.url


def pytest_unconfigure():
    while _server:
        server = _server.pop()
        server.stop()
        shutil.rmtree(server.directory)

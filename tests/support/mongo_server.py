"""pytest plugin: a MongoDB for the run, and a configuration of its own.

`-p tests.support.mongo_server` loads it before Django reads the settings. The server is the one at
MONGO_URL, else an embedded one that lives as long as the run. Each worker of pytest-xdist starts
its own, because the server's interpreter does one thing at a time.
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
    # Several workers share the cores, and maybe one server at MONGO_URL.
    "MONGO_TIMEOUT_MS": "30000",
    # To see that a unique value is free, the embedded server walks past everything deleted since
    # its last checkpoint. Tests delete all the time, and a checkpoint a minute would be too few.
    "SECANTUS_CHECKPOINT_SECONDS": "2",
}


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config):
    os.environ.update(CONFIGURATION)
    # The controller runs no test, and its workers would inherit the URL that it sets.
    workers = getattr(early_config.known_args_namespace, "numprocesses", None)
    runs_tests = not workers or "PYTEST_XDIST_WORKER" in os.environ
    if runs_tests and not os.environ.get("MONGO_URL"):
        directory = Path(tempfile.mkdtemp(prefix="mongodb-for-tests-"))
        # Its data is thrown away. Waiting for the disk would make an index five times as slow.
        server = EmbeddedMongo(directory, durable=False)
        server.start()
        # Unlike pytest_unconfigure this is called when pytest does not get as far as the tests too.
        early_config.add_cleanup(lambda: shutil.rmtree(directory))
        early_config.add_cleanup(server.stop)
        os.environ["MONGO_URL"] = server.url

"""Servers that tests share: the service, and a MongoDB that may be killed."""

import os
from collections.abc import Iterator

import pymongo
import pytest
from pymongo.database import Database

from fastapi_mongo_site.local.embedded_mongo import EmbeddedMongo
from tests.support.service import Service

# Of the shared service.
THREADS = 3


@pytest.fixture(scope="session")
def service_database(worker_id) -> Iterator[Database]:
    """The database of `service`."""
    name = f"test_service_{worker_id}"
    with pymongo.MongoClient(os.environ["MONGO_URL"]) as client:
        client.drop_database(name)
        yield client[name]
        client.drop_database(name)


@pytest.fixture(scope="session")
def service(service_database) -> Iterator[Service]:
    """The service as a process, for tests that need no other."""
    environ = {"MONGO_URL": os.environ["MONGO_URL"], "MONGO_DB": service_database.name}
    with Service("serve", WORKERS="1", THREADS=str(THREADS), **environ) as running:
        running.wait_until_up()
        yield running


@pytest.fixture(scope="module")
def mongodb(tmp_path_factory) -> Iterator[EmbeddedMongo]:
    """A MongoDB of a module's own, which its tests may kill."""
    server = EmbeddedMongo(tmp_path_factory.mktemp("mongodb"))
    server.start()
    yield server
    server.stop()

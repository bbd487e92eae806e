"""Servers that tests share: the service, and a MongoDB that may be killed."""

import os
from collections.abc import Iterator
from urllib.parse import urlsplit

import pymongo
import pytest
from pymongo.database import Database

from fastapi_mongo_site.local.embedded_mongo import EmbeddedMongo
from tests.support.accounts import AUTHORIZATION
from tests.support.ports import free_port
from tests.support.proxy import Proxy, proxy_before
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


@pytest.fixture(scope="module")
def proxy(mongodb: EmbeddedMongo) -> Iterator[Proxy]:
    """A proxy before `mongodb`, which fails as a test tells it to."""
    with proxy_before(urlsplit(mongodb.url).port) as proxy:
        yield proxy


# So that a fault takes less than a second.
IMPATIENT = {
    "MONGO_TIMEOUT_MS": "400",
    "MONGO_SERVER_SELECTION_TIMEOUT_MS": "200",
    "HEALTH_TIMEOUT_MS": "500",
    # The accounts are not what is asked for here.
    "AUTH_CACHE_SECONDS": "3600",
}


@pytest.fixture(scope="module")
def proxied_service(proxy: Proxy) -> Iterator[Service]:
    """A service of one thread before `proxy`."""
    url = f"mongodb://127.0.0.1:{proxy.port}/?heartbeatFrequencyMS=500"
    options = {"MONGO_URL": url, "MANAGEMENT_PORT": str(free_port()), **IMPATIENT}
    with Service("serve", WORKERS="1", THREADS="1", **options) as running:
        running.wait_until_up()
        running.call("GET", "/v1/items", **AUTHORIZATION)
        yield running

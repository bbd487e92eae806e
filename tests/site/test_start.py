"""How `serve` starts: it waits for the database, and migrates and seeds unless told not to."""

import os
import signal
import socket
import time

import pymongo
import pytest

from tests.support.accounts import AUTHORIZATION
from tests.support.ports import free_port
from tests.support.service import Service, wait_for

AWAY = "mongodb://user:hidden@127.0.0.1:9/"


@pytest.fixture
def environment(worker_id):
    """The configuration of a service over an empty database, which listens for probes."""
    url, database = os.environ["MONGO_URL"], f"test_start_{worker_id}"
    with pymongo.MongoClient(url) as client:
        client.drop_database(database)
        yield {
            "MONGO_URL": url,
            "MONGO_DB": database,
            "MANAGEMENT_PORT": str(free_port()),
            "MONGO_SERVER_SELECTION_TIMEOUT_MS": "300",
            "WORKERS": "1",
        }
        client.drop_database(database)


def reason(service):
    """Why the service is not ready; nothing while nobody answers."""
    try:
        return service.probe("/readyz")[2].get("reason")
    except OSError:
        return None


def until_it_waits(service):
    """What a service prints until it waits for MongoDB."""
    printed = ""
    while "Waiting for MongoDB" not in printed:
        printed += wait_for(service.printed)
    return printed


def test_it_waits_for_the_database_and_goes_on_by_itself(mongodb, environment):
    mongodb.stop()
    waiting = Service("serve", **{**environment, "MONGO_URL": f"{mongodb.url}/?appName=x"})
    with waiting as service:
        wait_for(lambda: reason(service) == "database")
        assert service.probe("/livez")[0] == 200
        time.sleep(3)
        mongodb.start()
        service.wait_until_up()
        printed = service.printed()
        wait_for(lambda: "Serving" in (printed + service.printed()))
    assert printed.count("Waiting for MongoDB") == 1


@pytest.mark.parametrize("command", ["serve", pytest.param("run", marks=pytest.mark.long)])
def test_it_says_what_it_waits_for_and_never_the_password(environment, command):
    with Service(command, **{**environment, "MONGO_URL": AWAY}) as service:
        printed = until_it_waits(service)
        assert "Waiting for MongoDB at 127.0.0.1:9: [Errno 111] Connection refused" in printed
        assert service.stop() == 0
        assert "hidden" not in printed + service.output()


def test_with_no_wait_it_ends_with_a_line_and_never_the_password(environment):
    with Service("serve", "--no-wait", **{**environment, "MONGO_URL": AWAY}) as service:
        assert service.process.wait(30) == 1
        start, line = service.output().splitlines()
    assert " Starting " in start
    assert line.startswith("The database does not answer: 127.0.0.1:9: ")
    assert "hidden" not in start + line


@pytest.mark.long
def test_without_migrations_it_serves_and_is_not_ready_until_another_job_ran_them(environment):
    with Service("serve", "--no-migrate", "--no-seed", **environment) as service:
        service.wait_until_up("/")
        wait_for(lambda: reason(service) == "migrations")
        assert service.call("GET", "/v1/items", **AUTHORIZATION)[0] in (401, 503)
        with Service("migrate", **environment) as migrate:
            assert migrate.process.wait(60) == 0
        wait_for(lambda: service.probe("/readyz")[0] == 200)
        with Service("seed_service_user", **environment) as seed:
            assert seed.process.wait(60) == 0
        wait_for(lambda: service.call("GET", "/v1/items", **AUTHORIZATION)[0] == 200)


def test_it_says_serving_when_its_port_is_open(environment):
    with Service("serve", **environment) as service:
        printed = ""
        while "Serving" not in printed:
            printed += wait_for(service.printed)
        socket.create_connection(("127.0.0.1", service.port)).close()


@pytest.mark.parametrize("command", ["serve", "run"])
def test_a_port_for_probes_that_is_in_use_is_one_line(environment, command):
    address = ("127.0.0.1", int(environment["MANAGEMENT_PORT"]))
    with socket.create_server(address), Service(command, **environment) as service:
        assert service.process.wait(30) == 1
        (line,) = service.output().splitlines()
    assert f"127.0.0.1:{address[1]}, for probes" in line
    assert "MANAGEMENT_PORT=off" in line


def test_a_second_interrupt_while_it_waits_changes_nothing(environment):
    with Service("serve", **{**environment, "MONGO_URL": AWAY}) as service:
        until_it_waits(service)
        service.process.send_signal(signal.SIGINT)
        time.sleep(0.01)
        assert service.stop(signal.SIGINT) == 0
        assert service.output() == ""

"""The image, built by hand and run with a read-only root by a user whom nobody knows."""

import os
import subprocess
import sys

import pytest
import yaml

from tests.deploy import dockerfile
from tests.examples import SENT
from tests.support.accounts import AUTHORIZATION, SECRET
from tests.support.machine import Machine, why_none
from tests.support.ports import free_port
from tests.support.service import PROJECT, Service, wait_for

pytestmark = [pytest.mark.long, pytest.mark.skipif(bool(why_none()), reason=why_none())]
FOLDER = "/opt/items-api"


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    machine = Machine(tmp_path_factory.mktemp("image"))
    dockerfile.build(machine)
    secrets = {"mongo_url": os.environ["MONGO_URL"], "service_pwd": SECRET}
    for name, value in {**secrets, "secret_key": os.environ["SECRET_KEY"]}.items():
        machine.put(f"/run/secrets/{name}", value, mode=0o444)
    machine.make_read_only()
    yield machine
    machine.close()


@pytest.fixture
def environ(service_database):
    """What a container is told, beside the secrets; other tests have used its database."""
    service_database["items"].delete_many({})
    names = {name: os.environ[name] for name in ("SERVICE_USER", "MONGO_TIMEOUT_MS")}
    ports = {"PORT": str(free_port()), "MANAGEMENT_PORT": str(free_port())}
    return {**dockerfile.environment(), **names, **ports, "MONGO_DB": service_database.name}


@pytest.fixture
def container(image, environ):
    line = f"exec {dockerfile.command()}"
    command = image.command(line, dockerfile.uid(), dockerfile.last("WORKDIR"), **environ)
    ports = {name: environ[name] for name in ("PORT", "MANAGEMENT_PORT")}
    with Service(command=command, **ports) as service:
        service.wait_until_up()
        yield service


def health(environ):
    """The exit code of the health check, which finds its interpreter elsewhere here."""
    command = [sys.executable, *dockerfile.health_check()[1:]]
    return subprocess.run(command, env=environ, stderr=subprocess.DEVNULL).returncode


def test_it_serves_exports_and_stops_without_a_home_a_name_or_a_file_to_write(container, environ):
    wait_for(lambda: container.probe("/readyz")[0] == 200)
    assert health(environ) == 0
    status, _, item = container.call("POST", "/v1/items", SENT, **AUTHORIZATION)
    assert status == 201
    lines = container.call("GET", "/v1/items?format=ndjson", **AUTHORIZATION)
    assert lines[0] == 200
    assert lines[2] == item
    assert container.stop() == 0
    assert "Traceback" not in container.output()
    assert health(environ) != 0


def test_it_has_the_lock_and_no_more(image):
    line = "find /opt/venv/lib -name '*.dist-info' -maxdepth 4"
    installed = image.run(line, uid=dockerfile.uid()).split()
    names = {path.rsplit("/", 1)[1].split("-")[0].lower().replace("_", "-") for path in installed}
    names -= {"setuptools"}  # Python 3.11 puts it into each virtual environment, 3.12 no more
    pins = (PROJECT / "deploy" / "requirements.lock").read_text().splitlines()
    assert names == {pin.split("==")[0].lower() for pin in pins if pin[:1].isalpha()}


def test_no_secret_no_test_and_nothing_of_the_repository_is_in_it(image):
    files = image.run(f"find {FOLDER} -maxdepth 1 -printf '%f\n'").split()
    assert not {"tests", "secrets", "var", ".env", ".git", "benchmarks"} & set(files)


def test_the_job_migrates_and_seeds(image, environ, service_database):
    job = yaml.safe_load((PROJECT / "deploy" / "kubernetes" / "migrate.yaml").read_text())
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert container["command"] == ["sh", "-c"]
    environ["MONGO_DB"] = f"{service_database.name}_job"
    database = service_database.client[environ["MONGO_DB"]]
    try:
        uid = job["spec"]["template"]["spec"]["securityContext"]["runAsUser"]
        printed = image.run(container["args"][0], uid, FOLDER, **environ)
        assert "Created service user tester." in printed
        assert database["accounts_user"].count_documents({}) == 1
    finally:
        service_database.client.drop_database(database)

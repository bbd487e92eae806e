"""What can be wrong when `make run` or a deployment starts: a line or two, and no traceback."""

import socket

import pytest

from tests.support.clones import FRESH, copy_of_project
from tests.support.service import Service


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    return copy_of_project(tmp_path_factory.mktemp("refused"))


def failure(clone, command="run", **environ):
    """What is printed by a start that fails."""
    with Service(command, project=clone, **FRESH, **environ) as service:
        assert service.process.wait(timeout=30) == 1
        printed = service.output()
    assert "Traceback" not in printed
    return printed


def test_port_in_use(clone):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        printed = failure(clone, PORT=str(port))
    assert f"Cannot listen on 127.0.0.1:{port}" in printed
    assert len(printed.splitlines()) == 1


def with_secret(clone, directory, text):
    """What is printed by a start with this service_pwd."""
    (directory / "service_pwd").write_text(text)
    return failure(clone, MONGO_URL="mongodb://127.0.0.1:9/", SECRETS_DIR=str(directory))


def test_secret_that_cannot_be_read_is_named(clone, tmp_path):
    assert f"{tmp_path}/service_pwd is empty" in with_secret(clone, tmp_path, "")


def test_guessable_secret_stops_the_start_with_two_lines(clone, tmp_path):
    printed = with_secret(clone, tmp_path, "MyCompanyStockService2026!")
    what, remedy = printed.partition("ERRORS:\n")[2].splitlines()
    assert f"(accounts.E006) The secret service_pwd from {tmp_path}/service_pwd can" in what
    assert "HINT: Take a random one" in remedy


def test_deployment_without_a_secret_names_it_and_every_place(tmp_path):
    clone = copy_of_project(tmp_path)
    printed = failure(clone, "serve", SECRETS_DIR="/nowhere")
    places = ["$SERVICE_PWD", "$SERVICE_PWD_FILE", "/nowhere/service_pwd", f"{clone}/secrets/"]
    assert "The secret service_pwd is missing" in printed
    assert [place for place in [*places, "/run/secrets/service_pwd"] if place not in printed] == []

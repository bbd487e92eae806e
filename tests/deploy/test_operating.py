"""docs/operating.md: its commands run, and it says what to do about each message."""

import os
import re
import subprocess
import sys

import pytest
from django.conf import settings

from fastapi_mongo_site.checks import fault_of
from tests.deploy import messages
from tests.deploy.dockerfile import REGISTRY
from tests.support.accounts import AUTHORIZATION, SECRET
from tests.support.machine import PATH, Machine, why_none
from tests.support.ports import free_port
from tests.support.service import PROJECT, Service, wait_for

PAGE = (PROJECT / "docs" / "operating.md").read_text()
UNIT = (PROJECT / "deploy" / "items-api@.service").read_text()


def section(title):
    """What stands under a heading, up to the next."""
    return re.split(rf"^#+ {title}.*\n", PAGE, flags=re.MULTILINE)[1].split("\n##")[0]


def console_lines(title):
    """The commands of a section."""
    blocks = re.findall(r"^```console\n(.*?)^```", section(title), re.MULTILINE | re.DOTALL)
    lines = [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]
    assert lines
    return lines


# Messages


def test_it_says_what_to_do_about_each_message():
    assert [found for found in messages.messages() if found[1] not in PAGE] == []


def test_it_names_each_check():
    assert {name for name in messages.checks() if f"`{name}`" not in PAGE} == set()


# Time-outs


def directives():
    """The times of nginx.conf in seconds."""
    text = (PROJECT / "deploy" / "nginx.conf").read_text()
    return {name: int(time) for name, time in re.findall(r"(\w+) (\d+)s;", text)}


def test_nginx_waits_longer_than_the_slowest_answer_takes():
    assert directives()["proxy_read_timeout"] * 1000 > settings.MONGO_EXPORT_TIMEOUT_MS


def test_table_has_the_times_of_nginx():
    for name, seconds in directives().items():
        if name not in ("keepalive_timeout", "proxy_send_timeout", "proxy_next_upstream_timeout"):
            (row,) = [line for line in section("Time-outs").splitlines() if f"`{name}`" in line]
            assert f"{seconds} s" in row


def test_table_has_the_defaults_of_the_service():
    example = (PROJECT / ".env.example").read_text()
    rows = re.findall(r"\| (\d+) s \| `(\w+_MS)` \|", section("Time-outs"))
    assert len(rows) == 5
    for seconds, name in rows:
        assert re.search(rf"^{name}=(\d+)$", example, re.MULTILINE)[1] == f"{seconds}000"


# Commands


def test_secrets_for_compose_are_what_the_service_takes(tmp_path):
    (tmp_path / "deploy").mkdir()
    lines = [line for line in console_lines("Docker Compose") if not line.startswith("docker")]
    command = ["bash", "-ec", "\n".join(lines)]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    folder = tmp_path / "deploy" / "secrets"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o444}
    url = (folder / "mongo_url").read_text().strip()
    assert fault_of(url) == ""
    assert (folder / "mongo_root_pwd").read_text().strip() in url
    environ = {"PATH": os.environ["PATH"], "SECRETS_DIR": str(folder), "TLS": "on"}
    check = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    subprocess.run(check, cwd=PROJECT, env=environ, check=True, capture_output=True)


@pytest.fixture
def installed(tmp_path):
    """A machine with a release in its place, on which the commands for systemd were run."""
    machine = Machine(tmp_path)
    names = [*messages.PACKAGES, "deploy"]
    for name in [*names, "manage.py", "secrets.example"]:
        machine.copy(PROJECT / name, f"/opt/items-api/{name}")
    *lines, check = console_lines("systemd")
    machine.run("\n".join(line for line in lines if not line.startswith("systemctl")), **REGISTRY)
    machine.check = check
    yield machine
    machine.close()


@pytest.mark.long
@pytest.mark.skipif(bool(why_none()), reason=why_none())
def test_service_runs_where_systemd_would_start_it(installed, service_database):
    installed.run(f"bash -c '{installed.check}'")
    # What systemd does: copies of the secrets for this service alone, and its environment.
    secrets = {"mongo_url": os.environ["MONGO_URL"], "service_pwd": SECRET}
    for name in re.findall(r"^LoadCredential=\w+:(.*)$", UNIT, re.MULTILINE):
        kept = installed.run(f"cat {name}")
        installed.put(f"/run/credentials/{name.rsplit('/')[-1]}", kept, mode=0o444)
    for name, value in secrets.items():
        installed.put(f"/run/credentials/{name}", value, mode=0o444)
    file = installed.run("cat /etc/items-api/environment")
    environ = dict(re.findall(r"^Environment=(\w+)=(.*)$", UNIT, re.MULTILINE))
    environ |= dict(line.split("=", 1) for line in file.split())
    ports = {"PORT": str(free_port()), "MANAGEMENT_PORT": str(free_port())}
    environ |= {"SECRETS_DIR": "/run/credentials", "PATH": PATH, **ports}
    environ |= {"SERVICE_USER": "tester", "MONGO_DB": service_database.name}
    start = re.search(r"^ExecStart=(.*)$", UNIT, re.MULTILINE)[1]
    folder = re.search(r"^WorkingDirectory=(.*)$", UNIT, re.MULTILINE)[1]
    installed.make_read_only()
    command = installed.command(f"exec {start}", 61234, folder, **environ)
    with Service(command=command, **ports) as service:
        service.wait_until_up()
        wait_for(lambda: service.probe("/readyz")[0] == 200)
        host = {"Host": "items.example.org"}
        assert service.call("GET", "/v1/items", **host, **AUTHORIZATION)[0] == 200
        assert service.stop() == 0
        assert "Traceback" not in service.output()

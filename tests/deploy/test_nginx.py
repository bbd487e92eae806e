"""nginx with the example before two instances: nothing is lost while both are restarted."""

import collections
import contextlib
import http.client
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
import uuid

import pytest

from tests.examples import SENT
from tests.support.accounts import AUTHORIZATION
from tests.support.ports import free_port
from tests.support.service import PROJECT, Service, wait_for

EXAMPLE = (PROJECT / "deploy" / "nginx.conf").read_text()
REQUESTS = 2_000
CLIENTS = 8
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not shutil.which("nginx"), reason="no nginx here: apt install nginx"),
]
MAIN = """
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/items-api.conf;
}}
"""


def certificate(folder):
    """Make a certificate of a day, signed by itself, as the example names its files."""
    names = ["-keyout", folder / "privkey.pem", "-out", folder / "fullchain.pem"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
    subprocess.run([*command, "-subj", "/CN=localhost", *names], check=True, capture_output=True)


@contextlib.contextmanager
def nginx(folder, instances, text=EXAMPLE):
    """Run nginx with the example, its ports and folders replaced; give the port of HTTPS."""
    certificate(folder)
    ports = {"80": free_port(), "443": free_port()}
    for default, port in ports.items():
        text = re.sub(rf"listen (\[::\]:)?{default}\b", rf"listen \g<1>{port}", text)
    for default, port in zip(("8000", "8001"), instances, strict=True):
        text = text.replace(f"127.0.0.1:{default}", f"127.0.0.1:{port}")
    text = text.replace("listen [::]:", "listen [::1]:").replace("/etc/ssl/items-api", str(folder))
    (folder / "items-api.conf").write_text(text)
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder))
    # A master that is root would let its workers be somebody who may not enter the folder.
    command = ["nginx", "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    if os.geteuid() == 0:
        command += ["-g", "user root;"]
    process = subprocess.Popen(command)
    try:
        wait_for(lambda: is_open(ports["443"]))
        yield ports["443"]
    finally:
        process.terminate()
        process.wait(30)


def is_open(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def client(port):
    """A connection to nginx, whose certificate is taken as it is."""
    context = ssl._create_unverified_context()
    connection = http.client.HTTPSConnection("localhost", port, context=context, timeout=60)
    with contextlib.closing(connection):
        yield connection


def ask_once(port, *arguments, **headers):
    """What ask() gives over a connection of its own."""
    with client(port) as connection:
        return ask(connection, *arguments, **headers)


def ask(connection, method, path, body=None, **headers):
    """The status of an answer, its headers, and what its JSON holds."""
    names = {"Host": "localhost", "Content-Type": "application/json", **AUTHORIZATION, **headers}
    connection.request(method, path, body and json.dumps(body), names)
    answer = connection.getresponse()
    content = answer.read()
    is_json = "json" in answer.headers["Content-Type"] if content else False
    return answer.status, answer.headers, json.loads(content) if is_json else content


class Instances:
    """Two services on one database, which can be restarted one after the other."""

    def __init__(self, database, **options):
        self.options = {
            "MONGO_URL": os.environ["MONGO_URL"],
            "MONGO_DB": database.name,
            "WORKERS": "1",
            "TLS": "on",
            "NUM_PROXIES": "1",
            **options,
        }
        self.ports = [(free_port(), free_port()) for _ in range(2)]
        self.running = [self.start(number) for number in range(2)]
        for number in range(2):
            self.wait(number)

    def start(self, number):
        port, management = map(str, self.ports[number])
        return Service("serve", PORT=port, MANAGEMENT_PORT=management, **self.options)

    def wait(self, number):
        def is_ready():
            with contextlib.suppress(OSError):
                return self.running[number].probe("/readyz")[0] == 200

        wait_for(is_ready)

    def restart(self, number):
        assert self.running[number].stop() == 0
        self.running[number].__exit__()
        self.running[number] = self.start(number)
        self.wait(number)

    def close(self):
        for service in self.running:
            service.__exit__()


@pytest.fixture(scope="module")
def instances(service_database):
    found = Instances(service_database)
    yield found
    found.close()


@pytest.fixture(scope="module")
def port(tmp_path_factory, instances):
    ports = [port for port, _ in instances.ports]
    with nginx(tmp_path_factory.mktemp("nginx"), ports) as port:
        yield port


def test_nothing_is_lost_while_both_are_restarted(port, instances, service_database):
    answers, created = collections.Counter(), set()

    def work():
        with client(port) as connection:
            while answers.total() < REQUESTS or restarting.is_alive():
                item = str(uuid.uuid4())
                for method, path, body in (
                    ("POST", "/v1/items", SENT | {"id": item}),
                    ("GET", f"/v1/items/{item}", None),
                    ("PATCH", f"/v1/items/{item}", {"count": 7}),
                    ("PUT", f"/v1/items/{item}?count=3", None),
                ):
                    answers[method, ask(connection, method, path, body)[0]] += 1
                created.add(item)

    restarting = threading.Thread(target=lambda: [instances.restart(n) for n in range(2)])
    clients = [threading.Thread(target=work) for _ in range(CLIENTS)]
    for thread in (restarting, *clients):
        thread.start()
    for thread in (restarting, *clients):
        thread.join()
    assert set(answers) == {("POST", 201), ("GET", 200), ("PATCH", 200), ("PUT", 200)}, answers
    assert answers.total() >= REQUESTS
    stored = service_database["items"].find({"_id": {"$in": list(created)}, "count": 3})
    assert {document["_id"] for document in stored} == created


def test_with_nginxs_default_a_restart_of_both_loses_requests(
    tmp_path, instances, service_database
):
    """What `max_fails=0` is for."""
    ports = [port for port, _ in instances.ports]
    answers = set()
    with nginx(tmp_path, ports, EXAMPLE.replace(" max_fails=0", "")) as port, client(port) as one:
        restarting = threading.Thread(target=lambda: [instances.restart(n) for n in range(2)])
        restarting.start()
        while restarting.is_alive():
            answers.add(ask(one, "GET", "/v1/items?limit=1")[0])
        restarting.join()
    assert 502 in answers


# What SECURITY.md asks of a proxy


def test_names_with_underscores_are_dropped(port):
    assert ask_once(port, "GET", "/", **{"X-Request-ID": "one"})[1]["X-Request-ID"] == "one"
    assert ask_once(port, "GET", "/", X_Request_ID="one")[1]["X-Request-ID"] != "one"


def test_links_are_https_whatever_a_client_says(port, service_database):
    items = [SENT | {"_id": str(uuid.uuid4())} for _ in range(2)]
    service_database["items"].insert_many(items)
    names = {"X-Forwarded-Proto": "http"}
    _, headers, _ = ask_once(port, "GET", "/v1/items?limit=1", **names)
    assert headers["Link"].startswith("<https://localhost/")


def test_audit_trail_names_the_client_that_nginx_sees(port, instances):
    forged = {"X-Forwarded-For": "203.0.113.9", "Authorization": "Basic bm9ib2R5Ondyb25n"}
    assert ask_once(port, "GET", "/v1/items", **forged)[0] == 401

    def failure():
        lines = "".join(service.printed() for service in instances.running).splitlines()
        return next((line for line in lines if "login_failed" in line), None)

    assert "address=127.0.0.1" in wait_for(failure)


def test_body_that_breaks_off_never_reaches_the_service(port, service_database):
    item = str(uuid.uuid4())
    text = json.dumps(SENT | {"id": item}).encode()
    with client(port) as connection:
        connection.putrequest("POST", "/v1/items")
        for name, value in {**AUTHORIZATION, "Transfer-Encoding": "chunked"}.items():
            connection.putheader(name, value)
        connection.putheader("Content-Type", "application/json")
        connection.endheaders()
        connection.send(b"%x\r\n%s\r\n" % (len(text), text))
        time.sleep(0.5)  # Long enough to reach the service, if it were passed on at once.
    time.sleep(0.5)
    assert service_database["items"].find_one({"_id": item}) is None


def test_client_who_sends_no_body_is_ended(tmp_path, instances):
    text = re.sub(r"(client_\w+_timeout) 10s", r"\1 1s", EXAMPLE)
    ports = [port for port, _ in instances.ports]
    with nginx(tmp_path, ports, text) as port, client(port) as connection:
        connection.putrequest("POST", "/v1/items")
        connection.putheader("Content-Length", "100")
        connection.endheaders()
        assert connection.sock.recv(65_536) == b""

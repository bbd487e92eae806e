"""`manage.py verify`: the original's verify script."""

import socket
import threading
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.core.management import CommandError, call_command

from tests.support.ports import free_port


class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def url(service_user):
    """The service over HTTP, in this process and over this test's database."""
    from fastapi_mongo_site.wsgi import application

    server = make_server("127.0.0.1", 0, application, handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_without_credentials_false_and_with_them_true(url, capsys):
    call_command("verify", url)
    printed = capsys.readouterr().out
    assert "FALSE =>\nstatus: 401, error: {'detail': 'Not authenticated'}" in printed
    assert printed.rstrip().endswith("TRUE =>\n[]")


def test_wrong_credentials_are_a_failure(url, capsys, settings):
    settings.SERVICE_USER = "nobody"
    with pytest.raises(SystemExit):
        call_command("verify", url)
    assert "Incorrect username or password" in capsys.readouterr().out


def test_server_that_is_not_up_is_an_error(capsys):
    with pytest.raises(SystemExit):
        call_command("verify", f"http://127.0.0.1:{free_port()}")
    assert capsys.readouterr().out.startswith("ERROR => ")


def test_server_that_does_not_answer_in_time_is_a_timeout(capsys):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(SystemExit):
            call_command("verify", f"http://127.0.0.1:{port}", timeout=0.2)
    assert capsys.readouterr().out.startswith("TIMEOUT => ")


def test_address_that_is_not_a_url_is_named():
    with pytest.raises(CommandError, match="localhost:8000x"):
        call_command("verify", "localhost:8000x")

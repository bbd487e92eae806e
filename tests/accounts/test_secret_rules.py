"""A guessable service_pwd is refused wherever one can come in."""

import base64
import os
import secrets
import uuid
from io import StringIO

import pytest
from django.contrib.auth.password_validation import get_default_password_validators
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.core.management.base import SystemCheckError

from accounts.checks import check_guessable
from accounts.models import User
from accounts.secret_rules import REMEDY, guessable
from fastapi_mongo_site.configuration import Secret
from fastapi_mongo_site.secret_files import MAKERS
from tests.support.accounts import SECRET
from tests.support.service import Service

RANDOM = {
    "--generate": MAKERS["service_pwd"],
    "a UUID 4": lambda: str(uuid.uuid4()),
    "openssl rand -hex 16": lambda: secrets.token_hex(16),
    "openssl rand -base64 18": lambda: base64.b64encode(secrets.token_bytes(18)).decode(),
}
GUESSABLE = {
    "too short": SECRET[:21],
    "white space": f"{SECRET} {SECRET}",
    "a line": f"{SECRET}\u2028{SECRET}",
    "a word repeated": "wordwordwordwordwordwordword",
    "a sentence": "this is the password of our stock service",
    "a company's": "MyCompanyStockService2026!",
    "a name and a year": "service_user_password_2026",
    "a date": "2026-11-27-2026-11-27-2026",
    "a keyboard walk": "qwertyuiopasdfghjklzxcvbnm",
    "one letter": "x" * 22,
    "the article's example": "706936a8-65d4-4446-9be2-081bd15c0e8a",
    "a long one": "password" * 1000,
}


@pytest.mark.parametrize("number", [50, pytest.param(500, marks=pytest.mark.long)])
@pytest.mark.parametrize("make", RANDOM.values(), ids=RANDOM.keys())
def test_random_secrets_are_taken(make, number):
    assert [secret for _ in range(number) if guessable(secret := make())] == []


@pytest.mark.parametrize("secret", GUESSABLE.values(), ids=GUESSABLE.keys())
def test_what_people_type_is_guessable(secret):
    assert guessable(secret)


@pytest.mark.parametrize("name", ["NAME", "SERVICE_USER", "MONGO_DB"])
def test_the_services_own_names_are_guessed(settings, name):
    text = "FastAPI-MongoDB-example-2026"
    guessable.cache_clear()
    assert not guessable(text)
    guessable.cache_clear()
    setattr(settings, name, "FastAPI-MongoDB-example")
    assert guessable(text)
    guessable.cache_clear()


def test_a_secret_is_estimated_once(monkeypatch):
    guessable.cache_clear()
    assert not guessable(SECRET)
    monkeypatch.setattr("zxcvbn.zxcvbn", lambda *args, **options: pytest.fail("again"))
    assert not guessable(SECRET)


@pytest.fixture
def configure(settings):
    """Configure a secret; `here` is a service with DEBUG that this machine alone can reach."""

    def configure(secret="x" * 22, debug=False, host="127.0.0.1"):
        found = Secret("service_pwd", secret, "/x/service_pwd")
        settings.SECRETS = {**settings.SECRETS, "service_pwd": found}
        settings.DEBUG, settings.HOST = debug, host

    return configure


def test_check_refuses_it_in_two_lines(configure):
    configure()
    with pytest.raises(SystemCheckError) as refused:
        call_command("check")
    lines = [line for line in str(refused.value).splitlines() if "x/service_pwd" in line]
    assert lines == [
        "?: (accounts.E006) The secret service_pwd from /x/service_pwd can be guessed."
    ]
    assert f"HINT: {REMEDY}" in str(refused.value)


def test_seeding_refuses_it_in_two_lines_and_writes_nothing(configure):
    configure()
    with pytest.raises(CommandError) as refused:
        call_command("seed_service_user")
    assert str(refused.value).splitlines() == [
        "The secret service_pwd from /x/service_pwd can be guessed.",
        REMEDY,
    ]
    assert not User.objects.exists()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_with_debug_on_this_machine_any_is_taken_with_a_warning(configure, host):
    configure(debug=True, host=host)
    assert [message.id for message in check_guessable()] == ["accounts.W003"]
    call_command("seed_service_user", stdout=StringIO())
    assert User.objects.get().check_password("x" * 22)


def test_with_debug_on_a_network_it_is_refused(configure):
    configure(debug=True, host="0.0.0.0")
    assert [message.id for message in check_guessable()] == ["accounts.E006"]
    with pytest.raises(CommandError, match="can be guessed"):
        call_command("seed_service_user")


@pytest.mark.parametrize("secret", ["", "x\n" * 22], ids=["none", "one that E003 refuses"])
def test_what_another_check_refuses_is_refused_once(configure, secret):
    configure(secret)
    assert list(check_guessable()) == []


@pytest.mark.parametrize(
    ("command", "code"),
    [(("check",), 1), (("makemigrations", "--check", "--dry-run"), 0)],
    ids=["check", "another"],
)
def test_check_estimates_it_and_other_commands_do_not(command, code):
    with Service(*command, SERVICE_PWD="x" * 22, MONGO_URL=os.environ["MONGO_URL"]) as running:
        assert running.process.wait(timeout=60) == code


def test_changepassword_refuses_it(service_user, monkeypatch, capsys):
    monkeypatch.setattr("getpass.getpass", lambda prompt: "x" * 22)
    with pytest.raises(CommandError, match="Aborting password change"):
        call_command("changepassword", service_user)
    assert "The secret can be guessed." in capsys.readouterr().err
    assert User.objects.get().check_password(SECRET)


@pytest.fixture
def validate():
    (validator,) = get_default_password_validators()
    return validator.validate


@pytest.mark.parametrize(
    ("secret", "fault"),
    [
        ("a\nb" * 10, "holds a control character, such as the end of a line"),
        ("\ud800" * 22, "is not UTF-8 text"),
        (SECRET * 600, "is too long to be sent in a header"),
    ],
)
def test_the_validator_refuses_what_no_client_can_send(configure, validate, secret, fault):
    configure(debug=True)
    with pytest.raises(ValidationError) as refused:
        validate(secret)
    assert refused.value.message == f"The secret {fault}. {REMEDY}"
    assert refused.value.code == "secret"


def test_with_debug_on_this_machine_the_validator_takes_any(configure, validate):
    configure(debug=True)
    validate("x" * 22)


def test_the_validator_explains_itself():
    (validator,) = get_default_password_validators()
    assert "22 characters" in validator.get_help_text()

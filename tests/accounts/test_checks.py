"""System checks of what authentication is configured with."""

import pytest
from django.core.checks import run_checks

from accounts.authentication import MAX_HEADER_CHARACTERS, credentials_in
from accounts.checks import check_guessable
from fastapi_mongo_site.configuration import Secret
from tests.support.accounts import NEW, basic


def ids():
    return [message.id for message in run_checks()]


@pytest.mark.parametrize("seconds", [-1, -0.001, 0.001, 0.99, float("nan")])
def test_cache_time_too_short_to_read_in(settings, seconds):
    settings.AUTH_CACHE_SECONDS = seconds
    assert ids() == ["accounts.E001"]


@pytest.mark.parametrize(
    ("seconds", "found"), [(0, []), (1, []), (60, []), (61, ["accounts.W001"])]
)
def test_long_cache_time_is_warned_about(settings, seconds, found):
    settings.AUTH_CACHE_SECONDS = seconds
    assert ids() == found


@pytest.mark.parametrize("name", ["", "a:b", "a\nb", "x" * 151])
def test_service_user_that_no_client_can_send(settings, name):
    settings.SERVICE_USER = name
    assert ids() == ["accounts.E002"]


def test_longest_secret_that_a_header_holds(settings):
    # base64 makes four characters of three bytes.
    longest = (MAX_HEADER_CHARACTERS - len("Basic ")) // 4 * 3 - len(f"{settings.SERVICE_USER}:")
    secret = Secret("service_pwd", (NEW * 1000)[:longest], "/x")
    settings.SECRETS = {**settings.SECRETS, "service_pwd": secret}
    assert ids() == []
    assert credentials_in(basic(settings.SERVICE_USER, secret.value)) is not None
    settings.SECRETS["service_pwd"] = Secret("service_pwd", (NEW * 1000)[: longest + 1], "/x")
    assert ids() == ["accounts.E003"]


@pytest.mark.parametrize("password", ["two\nlines", "two" * 6000, "two\ud800"])
def test_secret_that_no_client_can_send(settings, password):
    secret = Secret("service_pwd", password, "/x")
    settings.SECRETS = {**settings.SECRETS, "service_pwd": secret}
    (message,) = run_checks()
    assert message.id == "accounts.E003"
    assert "two" not in message.msg


@pytest.mark.parametrize("proxies", [-1, None])
def test_num_proxies(settings, proxies):
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": proxies}
    assert ids() == ["accounts.E004"]


@pytest.mark.parametrize("realm", ["a\nb", "é", "\x7f"])
def test_realm_that_cannot_stand_in_a_header(settings, realm):
    settings.BASIC_REALM = realm
    assert ids() == ["accounts.E005"]


@pytest.fixture
def with_metrics_pwd(settings):
    """Configure the secret of the metrics."""

    def configure(value):
        secret = Secret("metrics_pwd", value, "/x")
        settings.SECRETS = {**settings.SECRETS, "metrics_pwd": secret}

    return configure


def test_a_service_without_metrics_pwd_is_fine(with_metrics_pwd):
    with_metrics_pwd("")
    assert ids() == []


def test_metrics_pwd_that_no_client_can_send(with_metrics_pwd):
    with_metrics_pwd("two\nlines")
    assert ids() == ["accounts.E003"]


def test_metrics_pwd_that_is_service_pwd_is_warned_about(settings, with_metrics_pwd):
    with_metrics_pwd(settings.SECRETS["service_pwd"].value)
    assert ids() == ["accounts.W004"]


@pytest.mark.parametrize("name", ["service_pwd", "metrics_pwd"])
def test_metrics_pwd_that_can_be_guessed_is_refused(settings, with_metrics_pwd, name):
    with_metrics_pwd((settings.BASE_DIR / "secrets.example" / name).read_text().strip())
    (message,) = check_guessable()
    assert (message.id, message.msg) == (
        "accounts.E006",
        "The secret metrics_pwd from /x is the example value, which everybody knows.",
    )
    assert "seed_service_user" not in message.hint

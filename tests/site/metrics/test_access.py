"""Who may see the metrics."""

import pytest
from django.conf import settings

from accounts.failed_logins import failed_logins
from djongo_engine import work
from fastapi_mongo_site.configuration import Secret
from tests.support.accounts import AUTHORIZATION, NEW, SECRET, basic

SERVICE_USER = AUTHORIZATION["Authorization"]


@pytest.fixture
def with_metrics_pwd(settings):
    settings.SECRETS = {**settings.SECRETS, "metrics_pwd": Secret("metrics_pwd", NEW, "/x")}


@pytest.fixture
def status(asked):
    """The status for an Authorization header."""
    return lambda authorization: asked.answers({"authorization": authorization})[0].status


def test_without_credentials_it_asks_for_them(asked):
    (answer,) = asked.answers({})
    assert (answer.status, answer.content) == (401, {"detail": "Not authenticated"})
    assert answer.headers["WWW-Authenticate"].startswith('Basic realm="')


def test_the_service_user_may_see_them(status):
    assert status(SERVICE_USER) == 200


def test_with_metrics_pwd_its_user_may_see_them_and_the_service_user_may_not(
    with_metrics_pwd, status
):
    assert status(basic("metrics", NEW)) == 200
    assert status(SERVICE_USER) == 401


@pytest.mark.parametrize(
    "authorization",
    [
        basic(settings.SERVICE_USER, NEW),
        basic(settings.SERVICE_USER, ""),
        basic("", SECRET),
        basic("metrics", SECRET),
        basic(settings.SERVICE_USER.upper(), SECRET),
        f"{SERVICE_USER},{SERVICE_USER}",
        "Basic !",
        "Basic",
    ],
    ids=[
        "wrong secret",
        "no secret",
        "no name",
        "the monitor's name",
        "another case",
        "twice",
        "no base64",
        "nothing",
    ],
)
def test_other_credentials_get_one_answer(asked, authorization):
    (answer,) = asked.answers({"authorization": authorization})
    assert (answer.status, answer.content) == (401, {"detail": "Incorrect username or password"})


@pytest.mark.parametrize("authorization", [basic("metrics", ""), basic("", ""), "Bearer x"])
def test_without_metrics_pwd_nobody_is_its_user(status, authorization):
    assert status(authorization) == 401


def test_the_user_of_the_metrics_is_nobody_to_the_api(with_metrics_pwd, client, service_user):
    client.credentials(HTTP_AUTHORIZATION=basic("metrics", NEW))
    assert client.get("/v1/items").status_code == 401


def test_a_refusal_asks_no_database_and_is_in_the_audit_trail(monkeypatch, asked):
    operations = []
    monkeypatch.setattr(work, "observers", [lambda *operation: operations.append(operation)])
    before = failed_logins.total
    asked.answers({}, {"authorization": basic("metrics", "wrong-password")})
    assert (operations, failed_logins.total) == ([], before + 1)


def test_a_name_and_a_secret_beyond_ascii_are_compared(settings, status):
    settings.SERVICE_USER = "Zoë"
    settings.SECRETS = {**settings.SECRETS, "service_pwd": Secret("service_pwd", f"ü{NEW}", "/x")}
    # Another form of the same name.
    assert status(basic("Zoe\u0308", f"ü{NEW}")) == 200
    assert status(basic("Zoe", f"ü{NEW}")) == 401

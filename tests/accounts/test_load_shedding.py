"""An attempt that would be refused without a hash is refused before a view is entered."""

import datetime

import pytest
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import OperationalError
from django.utils import timezone
from rest_framework.test import APIClient
from rest_framework.views import APIView

from accounts.authenticator import authenticator
from accounts.cache import CredentialCache
from accounts.credentials import Credentials
from accounts.failures import PAIR_LIMIT
from accounts.models import User
from tests.support.accounts import basic

WRONG = basic("somebody", "wrong")
ITEMS = "/v1/items?limit=1"


@pytest.fixture
def full(service_user, monkeypatch):
    """No place is left to wait for a hash."""
    monkeypatch.setattr(authenticator(), "_places", 0)


@pytest.fixture
def no_view(monkeypatch):
    """Fails the test that enters a view of the API."""
    monkeypatch.setattr(APIView, "dispatch", lambda *args, **kwargs: pytest.fail("a view"))


def lock_out(client):
    for _ in range(PAIR_LIMIT + 1):
        answer = client.get(ITEMS, HTTP_AUTHORIZATION=WRONG)
    assert answer.status_code == 429


@pytest.fixture
def verified(auth_client):
    """The service user, verified in this process."""
    assert auth_client.get(ITEMS).status_code == 200


@pytest.mark.parametrize("username", [settings.SERVICE_USER, "nobody"])
@pytest.mark.parametrize("known", [True, False], ids=["read", "to be read again"])
def test_nobody_learns_who_is_verified(verified, full, client, no_view, username, known):
    if not known:
        authenticator().cache.forget_users()
    wrong = basic(username, "wrong")
    assert client.get(ITEMS, HTTP_AUTHORIZATION=wrong).status_code == 503


@pytest.mark.parametrize("method", ["get", "head", "post", "options"])
def test_an_attempt_without_a_place_enters_no_view(full, no_view, client, method):
    answer = getattr(client, method)(ITEMS, HTTP_AUTHORIZATION=WRONG)
    assert (answer.status_code, answer["Retry-After"]) == (503, "1")


def test_an_attempt_beyond_a_limit_enters_no_view(service_user, client, request):
    lock_out(client)
    request.getfixturevalue("no_view")
    assert client.get(ITEMS, HTTP_AUTHORIZATION=WRONG).status_code == 429


def test_a_limit_that_was_reached_here_is_known_at_once(client, request):
    for _ in range(PAIR_LIMIT):
        client.get(ITEMS, HTTP_AUTHORIZATION=WRONG)
    request.getfixturevalue("full")
    assert client.get(ITEMS, HTTP_AUTHORIZATION=WRONG).status_code == 429


def test_a_limit_is_named_before_the_lack_of_a_place(client, request):
    lock_out(client)
    request.getfixturevalue("full")
    answer = client.get(ITEMS, HTTP_AUTHORIZATION=WRONG)
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 60


@pytest.mark.parametrize("accept", ["application/json", "application/problem+json"])
def test_the_refusal_is_as_the_view_gives_it(full, client, settings, accept):
    headers = {"HTTP_AUTHORIZATION": WRONG, "HTTP_ACCEPT": accept}
    early = client.get(ITEMS, **headers)
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "LoadShedding" not in name]
    late = APIClient().get(ITEMS, **headers)
    assert (early.status_code, early.content) == (late.status_code, late.content)
    for name in ("Content-Type", "Retry-After", "Content-Security-Policy"):
        assert early[name] == late[name]


@pytest.mark.parametrize(
    ("header", "expected"),
    [(None, 401), ("Basic !", 401), ("Bearer token", 401)],
    ids=["none", "malformed", "another scheme"],
)
def test_what_needs_no_hash_is_answered_as_ever(full, client, header, expected):
    headers = {"HTTP_AUTHORIZATION": header} if header else {}
    assert client.get(ITEMS, **headers).status_code == expected


def test_verified_clients_are_served(auth_client, request):
    assert auth_client.get(ITEMS).status_code == 200
    request.getfixturevalue("full")
    assert auth_client.get(ITEMS).status_code == 200


def test_verified_clients_are_served_when_their_user_must_be_read_again(auth_client, request):
    assert auth_client.get(ITEMS).status_code == 200
    request.getfixturevalue("full")
    authenticator().cache.forget_users()
    assert auth_client.get(ITEMS).status_code == 200


def test_without_mongodb_that_is_said_instead(verified, full, client, monkeypatch):
    def away(self, username):
        raise OperationalError("away")

    monkeypatch.setattr(CredentialCache, "read", away)
    authenticator().cache.forget_users()
    answer = client.get(ITEMS, HTTP_AUTHORIZATION=basic(settings.SERVICE_USER, "wrong"))
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "database" in answer.json()["detail"]


def test_a_verified_client_needs_no_mongodb_to_be_served(auth_client, request, monkeypatch):
    assert auth_client.get("/v1/items", {"limit": 1}).status_code == 200
    request.getfixturevalue("full")
    verifier = authenticator()
    right = Credentials(settings.SERVICE_USER, settings.SECRETS["service_pwd"].value)
    verifier._admitted[verifier.cache.digest(right)] += 1
    verifier.cache._graces.clear()

    def away(self):
        raise OperationalError("away")

    monkeypatch.setattr(CredentialCache, "graces", away)
    assert auth_client.get(ITEMS).status_code == 200


@pytest.mark.parametrize("path", ["/", "/health", "/docs", "/openapi.json"])
def test_open_paths_are_served_whatever_the_credentials(full, client, path):
    assert client.get(path, HTTP_AUTHORIZATION=WRONG).status_code == 200


def test_who_comes_with_the_credentials_of_one_that_waits_may_wait_too(full, client):
    verifier, password = authenticator(), settings.SECRETS["service_pwd"].value
    verifier._admitted[verifier.cache.digest(Credentials(settings.SERVICE_USER, password))] += 1
    right = basic(settings.SERVICE_USER, password)
    assert client.get(ITEMS, HTTP_AUTHORIZATION=right).status_code == 200


def test_a_guess_that_others_wait_with_enters_no_view_once_somebody_is_verified(
    verified, full, client, no_view
):
    verifier = authenticator()
    verifier._admitted[verifier.cache.digest(Credentials("somebody", "wrong"))] += 1
    assert client.get(ITEMS, HTTP_AUTHORIZATION=WRONG).status_code == 503


def test_who_comes_so_in_a_grace_may_wait_too_whoever_is_verified(verified, full, client):
    former = User.objects.get().password
    until = timezone.now() + datetime.timedelta(hours=1)
    new = make_password("new")
    User.objects.update(password=new, former_password=former, former_password_until=until)
    verifier = authenticator()
    verifier._admitted[verifier.cache.digest(Credentials(settings.SERVICE_USER, "new"))] += 1
    header = basic(settings.SERVICE_USER, "new")
    assert client.get(ITEMS, HTTP_AUTHORIZATION=header).status_code == 200

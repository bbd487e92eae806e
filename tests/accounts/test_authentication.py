"""HTTP Basic authentication: the contract's words, and RFC 7617's header."""

import base64
from http import HTTPMethod

import pytest
from django.conf import settings
from rest_framework.test import APIClient

from accounts.authentication import (
    MAX_HEADER_CHARACTERS,
    MalformedHeaderError,
    credentials_in,
)
from accounts.failed_logins import failed_logins
from accounts.hashers import HASHER
from accounts.models import User
from tests.examples import ID
from tests.support.accounts import SECRET, basic

ITEM = f"/v1/items/{ID}"
PATHS = ["/v1/items", "/v1/items/?count=1", ITEM]
CHALLENGE = f'Basic realm="{settings.NAME}", charset="UTF-8"'
REFUSED = {"detail": "Incorrect username or password"}


def token(raw):
    return base64.b64encode(raw).decode()


def status(client, username, password):
    return client.get("/v1/items", HTTP_AUTHORIZATION=basic(username, password)).status_code


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", [method.value for method in HTTPMethod if method != "CONNECT"])
def test_every_method_needs_credentials(client, method, path):
    response = client.generic(method, path)
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == CHALLENGE


def test_missing_credentials_in_the_contracts_words(client):
    assert client.get("/v1/items").json() == {"detail": "Not authenticated"}


@pytest.mark.parametrize("accept", ["*/*", "application/problem+json", "x", ""])
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
def test_no_credentials_at_all_are_answered_like_another_scheme(client, accept, method):
    """The first is answered before DRF's request is made, the second after."""
    first, second = (
        client.generic(method, ITEM, HTTP_ACCEPT=accept, **credentials)
        for credentials in ({}, {"HTTP_AUTHORIZATION": "Bearer abc"})
    )
    assert (first.status_code, first.content) == (second.status_code, second.content)
    del first["X-Request-ID"], second["X-Request-ID"]
    assert dict(first.items()) == dict(second.items())


def test_the_test_client_may_name_a_user():
    client = APIClient()
    client.force_authenticate(User(username="somebody"))
    assert client.get("/v1/items").status_code == 200


@pytest.mark.parametrize("scheme", ["Bearer abc", "Digest x", "abc", "", " ", "Bearer a, Basic b"])
def test_another_scheme_is_no_credential(client, service_user, scheme):
    response = client.get("/v1/items", HTTP_AUTHORIZATION=scheme)
    assert (response.status_code, response.json()) == (401, {"detail": "Not authenticated"})


def refused(client, header):
    response = client.get("/v1/items", HTTP_AUTHORIZATION=header)
    assert (response.status_code, response.json()) == (401, REFUSED)
    assert response["WWW-Authenticate"] == CHALLENGE


WRONG = {
    "secret": basic(settings.SERVICE_USER, "wrong"),
    "user": basic("nobody", SECRET),
    "empty": basic("", ""),
    "operator": basic('{"$ne": 1}', '{"$ne": 1}'),
    "8 kB": basic(settings.SERVICE_USER, "x" * 8192),
    "long name": basic("x" * 8192, "x"),
    "what is stored": basic(settings.SERVICE_USER, HASHER.encode(SECRET, "salt")),
}


@pytest.mark.parametrize("header", WRONG.values(), ids=WRONG.keys())
def test_wrong_credentials_get_one_answer_whatever_is_wrong(client, service_user, header):
    refused(client, header)


def test_an_inactive_user_is_refused_like_a_wrong_secret(client, service_user):
    user = User.objects.get()
    user.is_active = False
    user.save()
    refused(client, basic(service_user, SECRET))


@pytest.mark.parametrize(
    "credentials",
    [("tester", "wrong"), ("nobody", SECRET), ("tester", SECRET), ("inactive", SECRET)],
    ids=["wrong secret", "unknown user", "right", "inactive user"],
)
def test_every_stored_secret_is_compared_whoever_asks(
    client, service_user, credentials, monkeypatch
):
    User.objects.create_user("leaving", password=SECRET, is_service_user=True)
    User.objects.create_user("inactive", password=SECRET, is_service_user=True, is_active=False)
    compared = []
    digest = type(HASHER).digest
    monkeypatch.setattr(
        type(HASHER), "digest", lambda *args: compared.append(args[1]) or digest(*args)
    )
    status(client, *credentials)
    assert compared == [credentials[1].encode()] * 2


def test_a_failure_that_a_page_shows_counts_once(client, service_user):
    before = failed_logins.total
    wrong = basic(settings.SERVICE_USER, "wrong")
    response = client.get(ITEM, HTTP_AUTHORIZATION=wrong, HTTP_ACCEPT="text/html")
    assert (response.status_code, failed_logins.total) == (401, before + 1)


GOOD = basic(settings.SERVICE_USER, SECRET)
MALFORMED = {
    "no credentials": "Basic",
    "no base64": "Basic !!!",
    "base64 with something else in it": GOOD[:9] + "!" + GOOD[9:],
    "no padding": "Basic " + token(b"ab:c").rstrip("="),
    "no colon": "Basic " + token(b"abc"),
    "spaces": "Basic a b",
    "a tab": GOOD + "\tx",
    "NUL": basic("\0", "\0"),
    "line in the name": basic("a\nb", "x"),
    "DEL in the secret": basic("a", "\x7f"),
    "beyond 16 kB": basic(settings.SERVICE_USER, "x" * 16_384),
    "two headers": f"{GOOD},{GOOD}",
    "two headers, one of another scheme": f"{GOOD},Bearer abc",
    "beyond ASCII": "Basic é",
    "beyond Latin-1": "Basic €",
}


@pytest.mark.parametrize("header", MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed_header_gets_that_answer(client, service_user, header):
    refused(client, header)
    with pytest.raises(MalformedHeaderError):
        credentials_in(header)


def test_the_longest_header_is_read_and_one_that_is_longer_is_not():
    padding = " " * (MAX_HEADER_CHARACTERS - len(GOOD))
    assert credentials_in(GOOD + padding) == (settings.SERVICE_USER, SECRET)
    with pytest.raises(MalformedHeaderError):
        credentials_in(GOOD + padding + " ")


def test_name_is_normalized_as_django_does_unless_it_is_too_long():
    assert credentials_in(basic("\ufdfa" * 600, "x")) == (
        User.normalize_username("\ufdfa" * 600),
        "x",
    )
    assert credentials_in(basic("\ufdfa" * 601, "x")) == ("\ufdfa" * 601, "x")


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_secret_beyond_ascii_and_with_colons(client, encoding):
    User.objects.create_user("åsa", password="pä:ss:wörd", is_service_user=True)
    header = f"bAsIc {token('åsa:pä:ss:wörd'.encode(encoding))}"
    assert client.get("/v1/items", HTTP_AUTHORIZATION=header).status_code == 200


@pytest.mark.parametrize("sent", ["åsa", "a\u030asa"])
def test_name_matches_however_the_client_composes_its_letters(client, sent):
    User.objects.create_user("a\u030asa", password=SECRET, is_service_user=True)
    assert status(client, sent, SECRET) == 200


def test_an_account_that_is_not_the_service_user_is_refused(client, service_user):
    User.objects.create_superuser("root", password=SECRET)
    assert status(client, "root", SECRET) == 401
    assert status(client, service_user, SECRET) == 200


def test_an_unusable_password_lets_nobody_in(client, caplog):
    user = User.objects.create_user("somebody", is_service_user=True)
    assert status(client, "somebody", user.password) == 401


def test_realm_is_configurable_and_quoted(client, settings):
    settings.BASIC_REALM = r'My "items" \ tools'
    response = client.get("/v1/items")
    assert response["WWW-Authenticate"] == (r'Basic realm="My \"items\" \\ tools", charset="UTF-8"')

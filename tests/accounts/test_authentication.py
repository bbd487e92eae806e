"""HTTP Basic authentication: the contract's words, and RFC 7617's header."""

import base64
from http import HTTPMethod

import pytest
from django.conf import settings

from accounts.credentials import Credentials, credentials_in
from accounts.models import FailureCount, User
from tests.support.accounts import basic

PASSWORD = settings.SECRETS["service_pwd"].value
ITEM = "/v1/items/dbb86c27-2eed-410d-881e-ad47487dd228"
PATHS = ["/v1/items", "/v1/items/?count=1", ITEM]
CHALLENGE = f'Basic realm="{settings.NAME}", charset="UTF-8"'
REFUSED = {"detail": "Incorrect username or password"}


def token(raw):
    return base64.b64encode(raw).decode()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", [method.value for method in HTTPMethod if method != "CONNECT"])
def test_every_method_needs_credentials(client, method, path):
    response = client.generic(method, path)
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == CHALLENGE


def test_missing_credentials_in_the_contracts_words(client):
    assert client.get("/v1/items").json() == {"detail": "Not authenticated"}


@pytest.mark.parametrize("scheme", ["Bearer abc", "Digest x", "abc", "", " ", "Bearer a, Basic b"])
def test_another_scheme_is_no_credential(client, service_user, scheme):
    response = client.get("/v1/items", HTTP_AUTHORIZATION=scheme)
    assert (response.status_code, response.json()) == (401, {"detail": "Not authenticated"})


def refused(client, header):
    response = client.get("/v1/items", HTTP_AUTHORIZATION=header)
    assert (response.status_code, response.json()) == (401, REFUSED)
    assert response["WWW-Authenticate"] == CHALLENGE


WRONG = {
    "password": basic(settings.SERVICE_USER, "wrong"),
    "user": basic("nobody", PASSWORD),
    "empty": basic("", ""),
    "operator": basic('{"$ne": 1}', '{"$ne": 1}'),
    "8 kB": basic(settings.SERVICE_USER, "x" * 8192),
    "long name": basic("x" * 8192, "x"),
}


@pytest.mark.parametrize("header", WRONG.values(), ids=WRONG.keys())
def test_wrong_credentials_get_one_answer_whatever_is_wrong(client, service_user, header, hashes):
    refused(client, header)
    assert len(hashes) == 1


def test_inactive_user_is_refused_like_a_wrong_password(auth_client, service_user, hashes):
    assert auth_client.get("/v1/items").status_code == 200
    user = User.objects.get()
    user.is_active = False
    user.save()
    hashes.clear()
    refused(auth_client, basic(service_user, PASSWORD))
    assert len(hashes) == 1


GOOD = basic(settings.SERVICE_USER, PASSWORD)
MALFORMED = {
    "no credentials": "Basic",
    "no base64": "Basic !!!",
    "base64 with something else in it": GOOD[:9] + "!" + GOOD[9:],
    "no padding": "Basic " + token(b"ab:c").rstrip("="),
    "no colon": "Basic " + token(b"abc"),
    "spaces": "Basic a b",
    "NUL": basic("\0", "\0"),
    "line in the name": basic("a\nb", "x"),
    "DEL in the password": basic("a", "\x7f"),
    "beyond 16 kB": basic(settings.SERVICE_USER, "x" * 16_384),
    "two headers": f"{GOOD},{GOOD}",
    "two headers, one of another scheme": f"{GOOD},Bearer abc",
    "beyond ASCII": "Basic é",
    "beyond Latin-1": "Basic €",
}


@pytest.mark.parametrize("header", MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed_header_gets_that_answer_without_a_hash(client, service_user, header, hashes):
    refused(client, header)
    assert hashes == []
    assert not FailureCount.objects.exists()


def test_name_is_normalized_as_django_normalizes_it_unless_none_is_so_long():
    assert credentials_in(basic("\ufdfa" * 600, "x")).username == User.normalize_username(
        "\ufdfa" * 600
    )
    assert credentials_in(basic("\ufdfa" * 601, "x")).username == "\ufdfa" * 601


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_password_beyond_ascii_and_with_colons(client, encoding):
    User.objects.create_user("åsa", password="pä:ss:wörd")
    header = f"bAsIc {token('åsa:pä:ss:wörd'.encode(encoding))}"
    response = client.get("/v1/items", HTTP_AUTHORIZATION=header)
    assert response.status_code == 200


def test_name_matches_however_the_client_composes_its_letters(client):
    User.objects.create_user("a\u030asa", password="some-password")
    for name in ("åsa", "a\u030asa"):
        header = basic(name, "some-password")
        assert client.get("/v1/items", HTTP_AUTHORIZATION=header).status_code == 200


def test_credentials_do_not_show_their_password():
    assert repr(credentials_in(basic("a", "hidden"))) == "Credentials(username='a')"
    assert credentials_in(basic("a", "b:c")) == Credentials("a", "b:c")


def test_realm_is_configurable_and_quoted(client, settings):
    settings.BASIC_REALM = r'My "items" \ tools'
    response = client.get("/v1/items")
    assert response["WWW-Authenticate"] == (r'Basic realm="My \"items\" \\ tools", charset="UTF-8"')

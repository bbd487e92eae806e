"""HTTP Basic authentication in the contract's words."""

import base64

import pytest
from django.conf import settings

from accounts.models import User
from tests.conftest import basic

ITEM = "/v1/items/dbb86c27-2eed-410d-881e-ad47487dd228"
ENDPOINTS = [
    ("get", "/v1/items"),
    ("post", "/v1/items"),
    ("get", "/v1/items/?count=1"),
    ("get", ITEM),
    ("put", ITEM),
    ("patch", ITEM),
    ("delete", ITEM),
    ("head", "/v1/items"),
    ("options", "/v1/items"),
]
CHALLENGE = f'Basic realm="{settings.NAME}", charset="UTF-8"'


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
def test_every_item_endpoint_needs_credentials(client, method, path):
    response = getattr(client, method)(path)
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == CHALLENGE


def test_missing_credentials_in_the_contracts_words(client):
    assert client.get("/v1/items").json() == {"detail": "Not authenticated"}


@pytest.mark.parametrize("scheme", ["Bearer abc", "Digest x", "abc"])
def test_another_scheme_is_no_credential(client, service_user, scheme):
    response = client.get("/v1/items", HTTP_AUTHORIZATION=scheme)
    assert (response.status_code, response.json()) == (401, {"detail": "Not authenticated"})


WRONG = {
    "password": basic(settings.SERVICE_USER, "wrong"),
    "user": basic("nobody", settings.SECRETS["service_pwd"].value),
    "empty": basic("", ""),
    "no credentials": "Basic",
    "no base64": "Basic !!!",
    "no colon": "Basic " + base64.b64encode(b"abc").decode(),
    "spaces": "Basic a b",
    "NUL": basic("\0", "\0"),
    "operator": basic('{"$ne": 1}', '{"$ne": 1}'),
}


@pytest.mark.parametrize("header", WRONG.values(), ids=WRONG.keys())
def test_wrong_credentials_get_one_answer_whatever_is_wrong(client, service_user, header):
    response = client.get("/v1/items", HTTP_AUTHORIZATION=header)
    assert response.status_code == 401
    assert response.json() == {"detail": "Incorrect username or password"}
    assert response["WWW-Authenticate"] == CHALLENGE


def test_inactive_user_is_refused_like_a_wrong_password(client, service_user):
    User.objects.filter(username=service_user).update(is_active=False)
    header = basic(service_user, settings.SECRETS["service_pwd"].value)
    response = client.get("/v1/items", HTTP_AUTHORIZATION=header)
    assert response.json() == {"detail": "Incorrect username or password"}


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_password_beyond_ascii_and_with_colons(client, encoding):
    User.objects.create_user("åsa", password="pä:ss:wörd")
    token = base64.b64encode("åsa:pä:ss:wörd".encode(encoding)).decode()
    response = client.get("/v1/items", HTTP_AUTHORIZATION=f"bAsIc {token}")
    assert response.status_code == 200

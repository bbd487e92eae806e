"""The service user, its credentials, and clients with and without them."""

import base64
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection
from rest_framework.test import APIClient

from accounts.authenticator import authenticator, renew_authenticator
from accounts.credentials import Credentials
from accounts.models import User
from accounts.service_user import seed_service_user
from tests.support import leaks

PASSWORD = settings.SECRETS["service_pwd"].value


def basic(username: str, password: str) -> str:
    """The value of an Authorization header."""
    leaks.PASSWORDS.add(password)
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


AUTHORIZATION = {"Authorization": basic(settings.SERVICE_USER, PASSWORD)}


@pytest.fixture(scope="session")
def seeded(database) -> dict:
    """The service user as it is stored."""
    seed_service_user(settings.SERVICE_USER, PASSWORD)
    users = connection.database[User._meta.db_table]
    stored = users.find_one_and_delete({"username": settings.SERVICE_USER})
    assert stored is not None
    return stored


@pytest.fixture
def service_user(seeded) -> str:
    """The seeded service user's name."""
    connection.database[User._meta.db_table].insert_one(dict(seeded))
    return settings.SERVICE_USER


@pytest.fixture(autouse=True)
def forgetful() -> Iterator[None]:
    """Forget after each test which credentials it has verified."""
    yield
    renew_authenticator()


@pytest.fixture
def client() -> APIClient:
    """A client without credentials."""
    return APIClient()


@pytest.fixture
def auth_client(service_user, seeded) -> APIClient:
    """A client with the service user's credentials, which were verified before the test."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=basic(service_user, PASSWORD))
    credentials = Credentials(service_user, PASSWORD)
    authenticator().cache.remember(credentials, seeded["password"])
    return client


@pytest.fixture
def hashes(monkeypatch) -> list[str]:
    """The passwords that were hashed, in order."""
    hashed: list[str] = []
    encode = MD5PasswordHasher.encode

    def counted(self, password, salt):
        hashed.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    return hashed

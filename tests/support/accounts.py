"""The service user, its credentials, and clients with and without them."""

import base64
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.core.checks.registry import registry
from django.db import connection
from rest_framework.test import APIClient

from accounts.checks import check_guessable
from accounts.models import User
from accounts.seeding import seed_service_user
from accounts.stored_secrets import stored_secrets
from tests.support import leaks

SECRET = settings.SECRETS["service_pwd"].value
# Secrets to rotate to.
NEW = "new:u7YcQm2XrT9vLpK4dZbWf1"
THIRD = "third:Hs8GnE3jVyA6oRk0tMxDq5"


def basic(username: str, password: str) -> str:
    """The value of an Authorization header."""
    leaks.PASSWORDS.add(password)
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


AUTHORIZATION = {"Authorization": basic(settings.SERVICE_USER, SECRET)}


@pytest.fixture(scope="session")
def seeded(database) -> dict:
    """The service user as it is stored."""
    seed_service_user(settings.SERVICE_USER, SECRET)
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
    """Let the next test read the accounts anew, and estimate a secret only where it asks for it."""
    yield
    stored_secrets.forget()
    # The commands `check` and `serve` have registered it.
    registry.registered_checks.discard(check_guessable)


@pytest.fixture
def client() -> APIClient:
    """A client without credentials."""
    return APIClient()


@pytest.fixture
def auth_client(service_user) -> APIClient:
    """A client with the service user's credentials."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=basic(service_user, SECRET))
    return client

"""The pages are for browsers."""

import pytest

from tests.support.accounts import SECRET, basic

ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.fixture
def auth_client(auth_client, service_user):
    """A browser that knows the credentials."""
    auth_client.credentials(HTTP_AUTHORIZATION=basic(service_user, SECRET), HTTP_ACCEPT=ACCEPT)
    return auth_client

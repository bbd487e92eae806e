"""HTTP Basic authentication (RFC 7617) in the contract's words."""

import logging

from django.conf import settings
from django.db import OperationalError
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.addresses import client_address
from accounts.authenticator import authenticator
from accounts.credentials import MalformedHeaderError, credentials_in
from accounts.models import User
from fastapi_mongo_site.http.exceptions import DatabaseUnavailable

logger = logging.getLogger(__name__)


class BasicAuthentication(BaseAuthentication):
    """Basic authentication that hashes a password once, and counts the failures."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        """Return the user, or None without Basic credentials.

        Credentials that this process has verified cost no hash and, while the user is cached, no
        round trip.

        The user is shared with other requests: read it, do not change it. Raises
        AuthenticationFailed with one text whatever was wrong, for which part it was is nobody's
        business; TooManyFailures; Busy; DatabaseUnavailable.
        """
        try:
            credentials = credentials_in(request.META.get("HTTP_AUTHORIZATION", ""))
            if credentials is None:
                return None
            verifier = authenticator()
            user = verifier.cache.verified_user(credentials)
            if user is None:
                user = verifier.verify(credentials, client_address(request))
        except MalformedHeaderError:
            user = None
        except OperationalError as error:
            # An answer, so that rendering the page about it does not log in once more.
            logger.warning("503: %s", error)
            raise DatabaseUnavailable from error
        if user is None:
            raise AuthenticationFailed("Incorrect username or password")
        return user, None

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge; RFC 7617 section 2.1 for the charset."""
        realm = settings.BASIC_REALM.replace("\\", "\\\\").replace('"', '\\"')
        return f'Basic realm="{realm}", charset="UTF-8"'

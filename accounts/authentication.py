"""HTTP Basic authentication (RFC 7617) in the contract's words: from the header to the user."""

import base64
import re
import unicodedata

from django.conf import settings
from django.db import DatabaseError
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.failed_logins import failed_logins
from accounts.models import User
from accounts.stored_secrets import stored_secrets
from fastapi_mongo_site.http.exceptions import DatabaseUnavailable
from fastapi_mongo_site.http.outages import log_outage
from fastapi_mongo_site.http.request import client_address

# RFC 7617 section 2: neither part may hold a control character (RFC 5234's CTL).
CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f]")
# Far above any credential. A server takes headers of hundreds of kilobytes.
MAX_HEADER_CHARACTERS = 16_384
# NFKC makes one character of at most four, and User.username holds 150: a longer name is nobody's.
# NFKC also makes 18 characters of some, which takes long for a long text.
MAX_NORMALIZED_CHARACTERS = 600


class BasicAuthentication(BaseAuthentication):
    """Basic authentication that compares with the stored secrets at every request."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        """Return the user, or None without Basic credentials.

        Other requests share the user: read it, do not change it. Raises AuthenticationFailed with
        one text whatever was wrong, and DatabaseUnavailable when the accounts cannot be read.
        """
        try:
            credentials = credentials_in(request.META.get("HTTP_AUTHORIZATION", ""))
            if credentials is None:
                return None
            user = stored_secrets.user_with(*credentials)
        except MalformedHeaderError:
            user = None
        except DatabaseError as error:
            # An answer, so that the page that shows it does not log in once more.
            log_outage(error)
            raise DatabaseUnavailable from error
        if user is None:
            failed_logins.add(client_address(request))
            raise AuthenticationFailed("Incorrect username or password")
        return user, None

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge."""
        return challenge()


def challenge() -> str:
    """Return the value of WWW-Authenticate; RFC 7617 section 2.1 has the charset."""
    realm = settings.BASIC_REALM.replace("\\", "\\\\").replace('"', '\\"')
    return f'Basic realm="{realm}", charset="UTF-8"'


class MalformedHeaderError(ValueError):
    """The header announces Basic credentials and holds none that can be read."""


def credentials_in(header: str) -> tuple[str, str] | None:
    """Return the user name and password of an Authorization header; None for another scheme.

    Reads UTF-8, and Latin-1 where the bytes are no UTF-8, as older clients send it. Several
    headers reach WSGI joined by a comma, which no base64 holds. Raises MalformedHeaderError.
    """
    scheme, _, token = header.strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    if len(header) > MAX_HEADER_CHARACTERS:
        raise MalformedHeaderError
    try:
        raw = base64.b64decode(token.strip(), validate=True)
    except ValueError as error:
        raise MalformedHeaderError from error
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    username, colon, password = text.partition(":")
    if not colon or CONTROL_CHARACTER.search(text):
        raise MalformedHeaderError
    if len(username) <= MAX_NORMALIZED_CHARACTERS:
        # As Django normalizes the names that it stores.
        username = unicodedata.normalize("NFKC", username)
    return username, password

"""HTTP Basic authentication (RFC 7617) in the contract's words."""

from typing import Any

from django.conf import settings
from rest_framework import authentication, exceptions
from rest_framework.request import Request


class BasicAuthentication(authentication.BasicAuthentication):
    """DRF's, with one answer to every wrong credential and the charset in the challenge."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """Return the user, or None without Basic credentials.

        Raises AuthenticationFailed with one text whatever was wrong: which part it was is
        nobody's business.
        """
        try:
            return super().authenticate(request)
        except exceptions.AuthenticationFailed as error:
            raise exceptions.AuthenticationFailed("Incorrect username or password") from error

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge; RFC 7617 section 2.1 for the charset."""
        realm = settings.NAME.replace("\\", "\\\\").replace('"', '\\"')
        return f'Basic realm="{realm}", charset="UTF-8"'

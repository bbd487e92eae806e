"""Logins that are refused without a hash, refused before anything else is done for them.

An attack comes back as fast as it is answered: what its answers cost is what the verified clients
go without. Those of a view cost content negotiation, an exception and a rendered response.
"""

import logging
from collections.abc import Callable
from typing import Any

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from accounts.addresses import client_address
from accounts.authentication import BasicAuthentication
from accounts.authenticator import authenticator
from accounts.credentials import MalformedHeaderError, credentials_in
from accounts.exceptions import Busy, TooManyFailures
from fastapi_mongo_site.http.errors import problem_response
from fastapi_mongo_site.http.exceptions import DatabaseUnavailable, Unavailable

logger = logging.getLogger(__name__)


class LoadSheddingMiddleware:
    """Answers 429 and 503 in the place of a view whose authentication would."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Take the next middleware."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the answer to a request."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """Return the refusal; None where the view is to answer."""
        verifier = authenticator()
        if not (verifier.is_shedding and _asks_for_credentials(view)):
            return None
        try:
            credentials = credentials_in(request.META.get("HTTP_AUTHORIZATION", ""))
            if credentials is not None:
                verifier.refuse(credentials, client_address(request))
        except MalformedHeaderError:
            return None
        except OperationalError as error:
            logger.warning("503: %s", error)
            return _answer(request, DatabaseUnavailable())
        except (Busy, TooManyFailures) as error:
            return _answer(request, error)
        return None


def _asks_for_credentials(view: Any) -> bool:
    classes = getattr(getattr(view, "cls", None), "authentication_classes", ())
    return BasicAuthentication in classes


def _answer(request: HttpRequest, error: TooManyFailures | Unavailable) -> HttpResponse:
    headers = {"Retry-After": str(error.wait)}
    return problem_response(request, error.status_code, str(error.detail), headers=headers)

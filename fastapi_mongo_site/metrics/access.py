"""Who may see the metrics: one user, whom the configuration names and no database is asked for."""

import unicodedata
from http import HTTPStatus

from django.conf import settings
from django.utils.crypto import constant_time_compare

from accounts.authentication import MalformedHeaderError, challenge, credentials_in
from accounts.failed_logins import failed_logins
from fastapi_mongo_site.supervisor.exchange import Answer, Request

USER = "metrics"


def refusal(request: Request) -> Answer | None:
    """Return the 401 for a request without the right credentials; None for one with them."""
    try:
        given = credentials_in(request.headers.get("authorization", ""))
    except MalformedHeaderError:
        given = "", ""
    if given is None:
        return _unauthorized("Not authenticated")
    # No user's name holds a colon.
    if constant_time_compare(":".join(given), ":".join(_expected())):
        return None
    failed_logins.add(request.address)
    return _unauthorized("Incorrect username or password")


def _expected() -> tuple[str, str]:
    """Return the user and the secret: that of metrics_pwd if it is set, else the service user.

    Neither is empty: `check` stops the start without a service_pwd.
    """
    if secret := settings.SECRETS["metrics_pwd"].value:
        return USER, secret
    user = unicodedata.normalize("NFKC", settings.SERVICE_USER)
    return user, settings.SECRETS["service_pwd"].value


def _unauthorized(detail: str) -> Answer:
    headers = {"WWW-Authenticate": challenge()}
    return Answer(HTTPStatus.UNAUTHORIZED, {"detail": detail}, headers)

"""System checks of what authentication is configured with."""

from base64 import b64encode
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, register

from accounts.credentials import CONTROL_CHARACTER, MAX_HEADER
from accounts.models import User

LONG_SECONDS = 60


@register()
def check_cache_seconds(**kwargs: Any) -> Iterable[CheckMessage]:
    """E001 AUTH_CACHE_SECONDS is negative, W001 it keeps a disabled user for long."""
    seconds = settings.AUTH_CACHE_SECONDS
    if not seconds >= 0:
        yield Error(f"AUTH_CACHE_SECONDS is {seconds}; it must be 0 or more.", id="accounts.E001")
    elif seconds > LONG_SECONDS:
        yield checks.Warning(
            f"AUTH_CACHE_SECONDS is {seconds}: so long does a user who was disabled, or whose "
            "password was changed, get in.",
            hint="5 makes the reading of the user as good as free.",
            id="accounts.W001",
        )


@register()
def check_service_user(**kwargs: Any) -> Iterable[CheckMessage]:
    """E002 SERVICE_USER, E003 service_pwd: no client can send it (RFC 7617 section 2)."""
    name = settings.SERVICE_USER
    limit = User._meta.get_field("username").max_length or 0
    if not 0 < len(name) <= limit or ":" in name or CONTROL_CHARACTER.search(name):
        yield Error(
            f"SERVICE_USER must have 1 to {limit} characters, without colons and control "
            "characters.",
            id="accounts.E002",
        )
    secret = settings.SECRETS["service_pwd"]
    if CONTROL_CHARACTER.search(secret.value):
        yield Error(
            f"The secret service_pwd from {secret.source} holds a control character, such as the "
            "end of a line.",
            id="accounts.E003",
        )
    elif len(b64encode(f"{name}:{secret.value}".encode())) > MAX_HEADER - len("Basic "):
        yield Error(
            f"The secret service_pwd from {secret.source} is too long to be sent in a header.",
            id="accounts.E003",
        )


@register()
def check_num_proxies(**kwargs: Any) -> Iterable[CheckMessage]:
    """E004 NUM_PROXIES is negative, or None, with which DRF trusts any X-Forwarded-For."""
    proxies = settings.REST_FRAMEWORK.get("NUM_PROXIES")
    if proxies is None or proxies < 0:
        yield Error(f"NUM_PROXIES is {proxies}; it must be 0 or more.", id="accounts.E004")


@register(checks.Tags.security, deploy=True)
def check_proxies_with_tls(**kwargs: Any) -> Iterable[CheckMessage]:
    """W002 a proxy ends TLS, and failed logins are counted as if it were the only client."""
    if settings.TLS and settings.REST_FRAMEWORK.get("NUM_PROXIES") == 0:
        yield checks.Warning(
            "TLS is on, so a proxy is in front of the service, but NUM_PROXIES is 0: all clients "
            "share its address, and one that sends wrong passwords locks out the others.",
            hint="Set NUM_PROXIES to the number of proxies that append to X-Forwarded-For.",
            id="accounts.W002",
        )


@register()
def check_realm(**kwargs: Any) -> Iterable[CheckMessage]:
    """E005 BASIC_REALM cannot stand in a header."""
    realm = settings.BASIC_REALM
    if not (realm.isascii() and realm.isprintable()):
        yield Error(
            "BASIC_REALM, by default NAME, must be of printable ASCII characters.",
            id="accounts.E005",
        )

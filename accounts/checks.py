"""System checks of what authentication is configured with."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, register

from accounts.authentication import CONTROL_CHARACTER
from accounts.models import User
from accounts.secret_rules import RANDOM, REMEDY, any_is_taken, guessable, unsendable

LONG_SECONDS = 60
PASSWORDS = {"service_pwd": REMEDY, "metrics_pwd": RANDOM}
"""The secrets that clients send, and what to do about one that can be guessed."""


@register()
def check_cache_seconds(**kwargs: Any) -> Iterable[CheckMessage]:
    """E001 AUTH_CACHE_SECONDS is shorter than a reading may take, W001 it is long."""
    seconds = settings.AUTH_CACHE_SECONDS
    if not (seconds == 0 or seconds >= 1):
        yield Error(
            f"AUTH_CACHE_SECONDS is {seconds}; it must be 0, or 1 or more.", id="accounts.E001"
        )
    elif seconds > LONG_SECONDS:
        yield checks.Warning(
            f"AUTH_CACHE_SECONDS is {seconds}: a user who was disabled, or whose secret was "
            "changed, may get in for up to twice that long.",
            hint="5 makes reading the accounts as good as free.",
            id="accounts.W001",
        )


@register()
def check_service_user(**kwargs: Any) -> Iterable[CheckMessage]:
    """E002 SERVICE_USER, E003 a password: no client can send it (RFC 7617 section 2)."""
    name = settings.SERVICE_USER
    limit = User._meta.get_field("username").max_length or 0
    if not 0 < len(name) <= limit or ":" in name or CONTROL_CHARACTER.search(name):
        yield Error(
            f"SERVICE_USER must have 1 to {limit} characters, without colons and control "
            "characters.",
            id="accounts.E002",
        )
    for password in PASSWORDS:
        secret = settings.SECRETS[password]
        if fault := unsendable(secret.value):
            yield Error(f"The secret {password} from {secret.source} {fault}.", id="accounts.E003")


def check_guessable(**kwargs: Any) -> Iterable[CheckMessage]:
    """E006 a password can be guessed; W003 with DEBUG, on this machine alone.

    Not registered here, as it may take a second: `check` and `serve` do that.
    """
    kind, identity = (checks.Warning, "W003") if any_is_taken() else (Error, "E006")
    for password, remedy in PASSWORDS.items():
        secret = settings.SECRETS[password]
        if not secret.value or unsendable(secret.value):
            continue
        if fault := guessable(secret.value):
            message = f"The secret {password} from {secret.source} {fault}."
            yield kind(message, hint=remedy, id=f"accounts.{identity}")


@register()
def check_metrics_pwd(**kwargs: Any) -> Iterable[CheckMessage]:
    """W004 metrics_pwd is service_pwd, so that the monitor can change items."""
    secret = settings.SECRETS["metrics_pwd"]
    if secret.value and secret.value == settings.SECRETS["service_pwd"].value:
        yield checks.Warning(
            f"The secret metrics_pwd from {secret.source} is service_pwd, with which a monitor may "
            "delete items.",
            hint=RANDOM,
            id="accounts.W004",
        )


@register()
def check_num_proxies(**kwargs: Any) -> Iterable[CheckMessage]:
    """E004 NUM_PROXIES is negative, or None, with which DRF trusts any X-Forwarded-For."""
    proxies = settings.REST_FRAMEWORK.get("NUM_PROXIES")
    if proxies is None or proxies < 0:
        yield Error(f"NUM_PROXIES is {proxies}; it must be 0 or more.", id="accounts.E004")


@register()
def check_realm(**kwargs: Any) -> Iterable[CheckMessage]:
    """E005 BASIC_REALM cannot stand in a header."""
    realm = settings.BASIC_REALM
    if not (realm.isascii() and realm.isprintable()):
        yield Error(
            "BASIC_REALM, by default NAME, must be of printable ASCII characters.",
            id="accounts.E005",
        )

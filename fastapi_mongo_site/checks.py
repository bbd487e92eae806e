"""System checks of the configuration: what is missing or wrong, and what to do about it."""

import re
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as CheckWarning
from pymongo.errors import PyMongoError
from pymongo.uri_parser import parse_uri, split_options

from fastapi_mongo_site.configuration import (
    LOG_FORMATS,
    LOG_LEVELS,
    LOG_REQUESTS,
    example_of,
    hosts_and_options,
    is_loopback,
)

LEAST = {
    "PORT": 1,
    "WORKERS": 1,
    "THREADS": 1,
    "STOP_SECONDS": 2,
    "MANAGEMENT_PORT": 1,
    "HEALTH_TIMEOUT_MS": 1,
    "DRAIN_SECONDS": 0,
    "MAX_BODY_BYTES": 1,
    "MONGO_SERVER_SELECTION_TIMEOUT_MS": 1,
    "MONGO_TIMEOUT_MS": 1,
    "MONGO_SEARCH_TIMEOUT_MS": 1,
    "MONGO_EXPORT_TIMEOUT_MS": 1,
    "MONGO_MAX_POOL_SIZE": 1,
}
WORDS = {"LOG_FORMAT": LOG_FORMATS, "LOG_LEVEL": LOG_LEVELS, "LOG_REQUESTS": LOG_REQUESTS}
OPTIONAL_SECRETS = frozenset({"metrics_pwd"})
# accounts.E006 checks these for their examples, and more.
ESTIMATED_SECRETS = frozenset({"service_pwd", "metrics_pwd"})
MAX_PORT = 65_535
# MongoDB and the system take no larger number for a time, a size or a count.
MAX_NUMBER = 2**31 - 1
# https://www.mongodb.com/docs/manual/reference/limits/#naming-restrictions
DATABASE_NAME = re.compile(r'[^/\\. "$*<>:|?\0]{1,63}')


@register()
def check_secrets(**kwargs: Any) -> Iterable[CheckMessage]:
    """E001 a secret is missing, E002 it cannot be read, E003 it is the published example."""
    for secret in settings.SECRETS.values():
        if secret.error:
            yield Error(
                f"The secret {secret.name} in {secret.source} {secret.error}.", id="site.E002"
            )
        elif not secret.value and secret.name in OPTIONAL_SECRETS:
            continue
        elif not secret.value:
            yield Error(
                f"The secret {secret.name} is missing. Looked at: {', '.join(secret.places)}.",
                hint="`make run` creates what a local run needs; secrets.example/ shows each file.",
                id="site.E001",
            )
        elif (
            secret.name not in ESTIMATED_SECRETS
            and not settings.DEBUG
            and secret.value == example_of(secret.name)
        ):
            yield Error(
                f"The secret {secret.name} from {secret.source} is the example value, which "
                "everybody knows.",
                hint="Set a value of your own; only DEBUG=on accepts the example.",
                id="site.E003",
            )


@register()
def check_mongo_url(**kwargs: Any) -> Iterable[CheckMessage]:
    """E004 the MongoDB connection string does not parse, or names a file that does not exist.

    It prints no part of the string: where one is malformed, any may be of the password.
    """
    secret = settings.SECRETS["mongo_url"]
    if not secret.value or secret.value.startswith("mongodb+srv://"):
        # To parse an SRV address asks the DNS, which a check of the configuration must not do.
        return
    if fault := fault_of(secret.value):
        yield Error(
            f"mongo_url from {secret.source} {fault}.",
            hint="It looks like mongodb://user:password@host:27017/?replicaSet=rs0, with user and "
            "password percent-encoded.",
            id="site.E004",
        )


def fault_of(url: str) -> str:
    """Return what is wrong with a connection string, without a part of it; "" if nothing is."""
    try:
        parse_uri(url.partition("?")[0])
    except (PyMongoError, ValueError):
        return "is not a MongoDB connection string"
    try:
        parse_uri(url)
    except OSError as why:
        return f"names a file that cannot be read ({why.strerror})"
    except (PyMongoError, ValueError):
        return "has options that pymongo does not take"
    return ""


@register()
def check_time_limits(**kwargs: Any) -> Iterable[CheckMessage]:
    """W002 the MongoDB connection string lets a try take longer than MONGO_TIMEOUT_MS does."""
    secret = settings.SECRETS["mongo_url"]
    _, query = hosts_and_options(secret.value)
    try:
        options = split_options(query)
    except (PyMongoError, ValueError, OSError):
        return
    for name in ("connectTimeoutMS", "socketTimeoutMS", "waitQueueTimeoutMS"):
        # pymongo gives seconds, and None for 0, which is no limit.
        seconds = options.get(name, 0)
        if seconds is None or seconds * 1000 > settings.MONGO_TRY_MS:
            yield CheckWarning(
                f"mongo_url from {secret.source} sets {name}, so that a request may take longer "
                f"than MONGO_TIMEOUT_MS, half of which is {settings.MONGO_TRY_MS} ms.",
                hint=f"Take {name} out of the connection string, and set MONGO_TIMEOUT_MS.",
                id="site.W002",
            )


@register()
def check_values(**kwargs: Any) -> Iterable[CheckMessage]:
    """E005 a setting is out of its range, so that the server would not start or never answer."""
    faults = []
    for name, least in LEAST.items():
        value = getattr(settings, name)
        most = MAX_PORT if name.endswith("PORT") else MAX_NUMBER
        # MANAGEMENT_PORT is None for none.
        if value is not None and not least <= value <= most:
            faults.append((name, f"must be {least} to {most}"))
    if settings.MANAGEMENT_PORT == settings.PORT:
        faults.append(("MANAGEMENT_PORT", "is PORT too, which serves the API"))
    if not DATABASE_NAME.fullmatch(settings.MONGO_DB):
        faults.append(("MONGO_DB", "is not a name that MongoDB allows for a database"))
    for name, words in WORDS.items():
        if getattr(settings, name) not in words:
            faults.append((name, f"must be one of {', '.join(words)}"))
    for name, fault in faults:
        yield Error(f"{name} is {getattr(settings, name)!r}, but {fault}.", id="site.E005")


@register()
def check_null_origin(**kwargs: Any) -> Iterable[CheckMessage]:
    """E006 `null` is an allowed origin, which django-cors-headers accepts."""
    if "null" in settings.CORS_ALLOWED_ORIGINS:
        yield Error(
            "CORS_ALLOWED_ORIGINS holds null, the origin of every sandboxed page, whoever made it.",
            hint="List the origins that you mean, such as https://shop.example.",
            id="site.E006",
        )


@register(Tags.security, deploy=True)
def check_tls(**kwargs: Any) -> Iterable[CheckMessage]:
    """W001 other machines can reach the service, and TLS is not set."""
    if not settings.TLS and not is_loopback(settings.HOST):
        yield CheckWarning(
            f"The service listens on {settings.HOST}, and Basic authentication sends the password "
            "with every request, readable to all on the way.",
            hint="Put a proxy that ends TLS in front of the service, and set TLS=on.",
            id="site.W001",
        )

"""System checks of the engine."""

import re
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core import checks
from django.db import router
from djongo.models import fields as djongo_fields

TESTED_VERSIONS = {"Django": "5.2.19", "djongo5": "1.3.9", "pymongo": "4.20.0", "sqlparse": "0.6.1"}


@checks.register()
def check_versions(**kwargs: Any) -> Iterable[checks.CheckMessage]:
    """Compare the packages that the engine builds on with the releases it was tested with.

    E001: one is missing, or of another series (its first two numbers). W002: of another release of
    the same series.
    """
    for package, tested in TESTED_VERSIONS.items():
        try:
            installed = version(package)
        except PackageNotFoundError:
            installed = "none"
        if installed == tested:
            continue
        message = f"djongo_engine was tested with {package} {tested}; installed is {installed}."
        if _series(installed) == _series(tested):
            yield checks.Warning(
                message,
                hint="Run the engine's tests with it: python -m pytest tests/engine",
                id="djongo_engine.W002",
            )
        else:
            yield checks.Error(
                message,
                hint=f"python -m pip install {package}=={tested}",
                id="djongo_engine.E001",
            )


def _series(release: str) -> list[str]:
    return release.split(".")[:2]


@checks.register()
def check_atomic_requests(**kwargs: Any) -> Iterable[checks.CheckMessage]:
    """W001: requests are to run in transactions, and the database cannot roll back."""
    for alias, database in settings.DATABASES.items():
        if database["ENGINE"] == "djongo_engine" and database.get("ATOMIC_REQUESTS"):
            yield checks.Warning(
                f"ATOMIC_REQUESTS is set for the database {alias!r}, but djongo_engine cannot "
                "roll back: a request that fails midway keeps what it wrote.",
                hint="Remove ATOMIC_REQUESTS and make each change one MongoDB command.",
                id="djongo_engine.W001",
            )


@checks.register()
def check_timeout(**kwargs: Any) -> Iterable[checks.CheckMessage]:
    """E003: a client has timeoutMS, with which pymongo retries without a pause."""
    for alias, database in settings.DATABASES.items():
        if database["ENGINE"] != "djongo_engine":
            continue
        client = database.get("CLIENT", {})
        query = str(client.get("host", "")).partition("?")[2]
        in_url = [option.partition("=")[0] for option in re.split("[&;]", query)]
        if any(name.lower() == "timeoutms" for name in [*client, *in_url]):
            yield checks.Error(
                f"timeoutMS is set for the database {alias!r}. pymongo then repeats a command that "
                "fails until the time is up, thousands of times.",
                hint="Take it out of the connection string; socketTimeoutMS bounds each command.",
                id="djongo_engine.E003",
            )


_REFUSED_FIELDS = {
    djongo_fields.ArrayReferenceField: "djongo changes it by a command that pymongo 4 has not",
    djongo_fields.ModelField: "djongo makes an instance of its abstract model, as Django forbids",
}


@checks.register(checks.Tags.models)
def check_fields(
    app_configs: Iterable[AppConfig] | None = None, **kwargs: Any
) -> Iterable[checks.CheckMessage]:
    """E002: a model of a database of the engine has a field of djongo's that cannot work."""
    aliases = [
        alias
        for alias, database in settings.DATABASES.items()
        if database["ENGINE"] == "djongo_engine"
    ]
    chosen = app_configs if app_configs is not None else apps.get_app_configs()
    for model in (model for app in chosen for model in app.get_models()):
        if not any(router.allow_migrate_model(alias, model) for alias in aliases):
            continue
        for field in model._meta.local_fields:
            for refused, reason in _REFUSED_FIELDS.items():
                if isinstance(field, refused):
                    kind = type(field).__name__
                    yield checks.Error(
                        f"{field} is djongo's {kind}, which does not work: {reason}.",
                        hint="Keep documents in a djongo.models.JSONField, or rows in a model.",
                        obj=field,
                        id="djongo_engine.E002",
                    )

"""System checks of the engine."""

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from django.conf import settings
from django.core import checks

TESTED_VERSIONS = {"djongo5": "1.3.9", "pymongo": "4.20.0", "sqlparse": "0.6.1"}


@checks.register()
def check_versions(**kwargs: Any) -> Iterable[checks.CheckMessage]:
    """E001: a package that the engine builds on is not the release it was tested with."""
    for package, tested in TESTED_VERSIONS.items():
        try:
            installed = version(package)
        except PackageNotFoundError:
            installed = "none"
        if installed != tested:
            yield checks.Error(
                f"djongo_engine was tested with {package} {tested}; installed is {installed}.",
                hint="pip install -r requirements.txt",
                id="djongo_engine.E001",
            )


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

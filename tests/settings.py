"""The service's settings, with what the suite alone needs."""

from fastapi_mongo_site.settings import *  # noqa: F403
from fastapi_mongo_site.settings import DATABASES, INSTALLED_APPS

# Models for the engine's tests, and SQLite as the judge of what the ORM should answer.
INSTALLED_APPS = [*INSTALLED_APPS, "tests.engine.engine_models", "tests.engine.programs"]
DATABASES = {
    **DATABASES,
    "sqlite": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"},
}
MIGRATION_MODULES = {"engine_models": None, "programs": None}

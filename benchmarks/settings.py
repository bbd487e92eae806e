"""The service's settings, with a constant view beside its own."""

from fastapi_mongo_site.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.urls"

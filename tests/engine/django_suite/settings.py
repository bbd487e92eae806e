"""Settings of Django's tests (see its tests/test_sqlite.py), with the engine as the database."""

import os

from tests.engine.django_suite.writes import writes

DATABASES = {
    alias: {
        "ENGINE": "djongo_engine",
        "NAME": f"django_{alias}",
        "CLIENT": {
            "host": os.environ["MONGO_URL"],
            "socketTimeoutMS": 60_000,
            "event_listeners": [writes],
        },
    }
    for alias in ("default", "other")
}
SECRET_KEY = "no-secret"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
USE_TZ = False
TEST_RUNNER = "tests.engine.django_suite.runner.Runner"

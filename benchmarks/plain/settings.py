"""The settings that `startproject` and DRF give, with this service's database and accounts."""

from fastapi_mongo_site.settings import *  # noqa: F403
from fastapi_mongo_site.settings import INSTALLED_APPS as OWN_APPS

ROOT_URLCONF = "benchmarks.plain.urls"
FORCE_SCRIPT_NAME = None  # type: ignore[assignment]
INSTALLED_APPS = [*OWN_APPS, "django.contrib.sessions", "django.contrib.messages"]
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.BasicAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
}

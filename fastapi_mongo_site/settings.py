"""Every setting of the service, read once; `.env.example` explains each variable."""

import os
from pathlib import Path

from corsheaders.defaults import default_headers

from fastapi_mongo_site import __version__
from fastapi_mongo_site.configuration import (
    LOG_LEVELS,
    Env,
    expand_home,
    find_secret,
    mongo_client_options,
)

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

env = Env()
if (BASE_DIR / ".env").is_file():
    env.read_env(BASE_DIR / ".env")

# The service

NAME = env.str("NAME", "FastAPI-MongoDB-example")
VERSION = env.str("VERSION", __version__)
SERVICE_USER = env.str("SERVICE_USER", "service_user")
HOST = env.str("HOST", "127.0.0.1")
PORT = env.int("PORT", 8000)
WORKERS = env.int("WORKERS", 2)
THREADS = env.int("THREADS", 3)
STOP_SECONDS = env.int("STOP_SECONDS", 8)

# Probes: docs/operating.md

MANAGEMENT_HOST = env.str("MANAGEMENT_HOST", "127.0.0.1")
MANAGEMENT_PORT = (
    None if env.str("MANAGEMENT_PORT", "") == "off" else env.int("MANAGEMENT_PORT", PORT + 1_000)
)
HEALTH_TIMEOUT_MS = env.int("HEALTH_TIMEOUT_MS", 1_000)
DRAIN_SECONDS = env.int("DRAIN_SECONDS", 0)

# Secrets

SECRETS_DIRECTORIES = [
    *([expand_home(directory)] if (directory := env.str("SECRETS_DIR", "")) else []),
    BASE_DIR / "secrets",
    expand_home("~/.local/secrets"),
    Path("/run/secrets"),
]
SECRETS = {
    "secret_key": find_secret("secret_key", os.environ, SECRETS_DIRECTORIES),
    "service_pwd": find_secret("service_pwd", os.environ, SECRETS_DIRECTORIES),
    "metrics_pwd": find_secret("metrics_pwd", os.environ, SECRETS_DIRECTORIES),
    # Last in var/, where `manage.py run` leaves the URL of the embedded MongoDB that it started.
    "mongo_url": find_secret("mongo_url", os.environ, [*SECRETS_DIRECTORIES, VAR_DIR]),
}

SECRET_KEY = SECRETS["secret_key"].value

# Django

DEBUG = env.bool("DEBUG", False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
ROOT_URLCONF = "fastapi_mongo_site.urls"
WSGI_APPLICATION = "fastapi_mongo_site.wsgi.application"
# What needs credentials
API_PREFIX = "/v1/"
# The contract has /v1/items and /v1/items/, which are two resources.
APPEND_SLASH = False
# The service is at the root of its host. Django would look for another place at each request.
FORCE_SCRIPT_NAME = ""
MAX_BODY_BYTES = DATA_UPLOAD_MAX_MEMORY_SIZE = env.int("MAX_BODY_BYTES", 2_621_440)
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False

INSTALLED_APPS = [
    "fastapi_mongo_site",  # first, so that its templates come before drf_spectacular's
    "django.contrib.auth",
    "django.contrib.contenttypes",  # required by django.contrib.auth
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "corsheaders",
    "django_htmx",
    "djongo_engine",
    "accounts",
    "health",
    "items",
    "stock",
]

# Origins whose pages may read answers, and write.
CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", str.strip, default=[])

MIDDLEWARE = [
    "fastapi_mongo_site.http.context.RequestContextMiddleware",
    # Before all that may answer, since it sets the headers of every answer.
    "fastapi_mongo_site.http.headers.SecurityHeadersMiddleware",
    # Only where an origin is allowed, since it takes a twentieth of a request.
    *(["corsheaders.middleware.CorsMiddleware"] if CORS_ALLOWED_ORIGINS else []),
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "fastapi_mongo_site.http.head.HeadMiddleware",
    "fastapi_mongo_site.http.cross_site.CrossSiteMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]

STATIC_URL = "/static/"
STATICFILES_FINDERS = ["fastapi_mongo_site.static_files.Finder"]
# Straight from the packages, so that a fresh clone serves its pages without collectstatic.
WHITENOISE_USE_FINDERS = True
# Its default lets the pages of all origins read them.
WHITENOISE_ALLOW_ALL_ORIGINS = False

# Browsers

CORS_ALLOW_HEADERS = [*default_headers, "idempotency-key", "if-match", "if-none-match"]
CORS_EXPOSE_HEADERS = [
    "ETag",
    "Idempotency-Replayed",
    "Link",
    "Location",
    "Retry-After",
    "X-Request-ID",
    "X-Total-Count",
]
SECURE_CSP = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'"],
    "font-src": ["'self'"],
    "connect-src": ["'self'"],
    "base-uri": ["'none'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
}
X_FRAME_OPTIONS = "DENY"

# A proxy in front of the service ends TLS, and says so in X-Forwarded-Proto.
TLS = env.bool("TLS", False)
if TLS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60

SILENCED_SYSTEM_CHECKS = [
    # SecurityHeadersMiddleware takes the place of the middlewares that these look for. Without them
    # Django checks none of the settings above; tests/site/http/test_security_headers.py does.
    "security.W001",
    "security.W002",
    # CrossSiteMiddleware takes the place of the CSRF token, which no form here has.
    "security.W003",
]

# MongoDB

MONGO_DB = env.str("MONGO_DB", "api_db")
MONGO_SERVER_SELECTION_TIMEOUT_MS = env.int("MONGO_SERVER_SELECTION_TIMEOUT_MS", 2_000)
# Bounds every operation, each of its two tries by half: docs/decisions/two-tries.md
MONGO_TIMEOUT_MS = env.int("MONGO_TIMEOUT_MS", 5_000)
MONGO_TRY_MS = max(1, MONGO_TIMEOUT_MS // 2)  # for pymongo 0 is no limit
MONGO_MAX_POOL_SIZE = env.int("MONGO_MAX_POOL_SIZE", 20)
MONGO_SEARCH_TIMEOUT_MS = env.int("MONGO_SEARCH_TIMEOUT_MS", 2_000)
MONGO_EXPORT_TIMEOUT_MS = env.int("MONGO_EXPORT_TIMEOUT_MS", 60_000)

DATABASES = {
    "default": {
        "ENGINE": "djongo_engine",
        "NAME": MONGO_DB,
        "CLIENT": mongo_client_options(
            SECRETS["mongo_url"].value,
            {
                "appName": NAME,
                "maxPoolSize": MONGO_MAX_POOL_SIZE,
                "maxConnecting": MONGO_MAX_POOL_SIZE,
                "serverSelectionTimeoutMS": MONGO_SERVER_SELECTION_TIMEOUT_MS,
                "connectTimeoutMS": MONGO_TRY_MS,
                "socketTimeoutMS": MONGO_TRY_MS,
                "waitQueueTimeoutMS": MONGO_TRY_MS,
                "maxAdaptiveRetries": 0,
                "w": "majority",
                # What others stored for a year that Python does not know is no error of a read.
                "datetime_conversion": "DATETIME_AUTO",
            },
        ),
        # One client a process; there is nothing to close at the end of a request.
        "CONN_MAX_AGE": None,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Accounts

AUTH_USER_MODEL = "accounts.User"
PASSWORD_HASHERS = [
    "accounts.hashers.SaltedSHA256Hasher",
    # Recognises what an earlier version stored, so that seeding can store it anew.
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [{"NAME": "accounts.secret_rules.SecretValidator"}]
AUTH_CACHE_SECONDS = env.float("AUTH_CACHE_SECONDS", 5.0)
BASIC_REALM = env.str("BASIC_REALM", NAME)

# The API

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.authentication.BasicAuthentication"],
    # DRF's own default trusts any X-Forwarded-For.
    "NUM_PROXIES": env.int("NUM_PROXIES", 0),
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["fastapi_mongo_site.http.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "fastapi_mongo_site.http.negotiation.LenientNegotiation",
    "DEFAULT_PARSER_CLASSES": ["fastapi_mongo_site.http.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "fastapi_mongo_site.docs.openapi.AutoSchema",
    # DRF takes ?format= nowhere; the list of items reads it itself.
    "URL_FORMAT_OVERRIDE": None,
    "EXCEPTION_HANDLER": "fastapi_mongo_site.http.errors.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

SPECTACULAR_SETTINGS = {
    "TITLE": NAME,
    "VERSION": VERSION,
    "DESCRIPTION": (BASE_DIR / "fastapi_mongo_site" / "docs" / "description.md").read_text(
        encoding="utf-8"
    ),
    "TAGS": [
        {"name": "items", "description": "Items in stock."},
        {"name": "health", "description": "The service itself; open to everybody."},
    ],
    "SCHEMA_PATH_PREFIX": API_PREFIX,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "items.openapi.bulk.bound_rows",
        "fastapi_mongo_site.docs.openapi.say_what_holds_everywhere",
    ],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "/static/fastapi_mongo_site/icon.svg",
    # JavaScript, for the functions of docs.js.
    "SWAGGER_UI_SETTINGS": "{deepLinking: true, displayRequestDuration: true, "
    "requestInterceptor: leaveAsItIs, responseInterceptor: leaveOptionalsEmpty}",
    "REDOC_DIST": "SIDECAR",
}

# Logs, and what DEBUG=on shows of an error

LOG_FORMAT = env.str("LOG_FORMAT", "console")
LOG_LEVEL = env.str("LOG_LEVEL", "INFO").upper()
LOG_REQUESTS = env.str("LOG_REQUESTS", "api")
CHANGED_SETTINGS = env.changed

DEFAULT_EXCEPTION_REPORTER_FILTER = "fastapi_mongo_site.error_reports.ReportFilter"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "not_503": {
            "()": "django.utils.log.CallbackFilter",
            "callback": lambda record: getattr(record, "status_code", None) != 503,
        }
    },
    "formatters": {
        "structured": {
            "()": "fastapi_mongo_site.logs.formatter.make_formatter",
            "log_format": LOG_FORMAT,
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
    # A system check refuses any other level.
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL if LOG_LEVEL in LOG_LEVELS else "INFO"},
    "loggers": {
        # Who may log in is told at every LOG_LEVEL.
        "accounts.audit": {"level": "INFO"},
        # djongo announces on every start that it is unmaintained.
        "djongo": {"level": "ERROR"},
        # Django's own console handler shows nothing outside DEBUG.
        "django": {"handlers": [], "level": "NOTSET", "propagate": True},
        # A 4xx needs no line. The cause of a 503 has been logged already.
        "django.request": {"level": "ERROR", "filters": ["not_503"]},
        # Nor is a 400 for a Host header, which Django logs with a traceback.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
    },
}

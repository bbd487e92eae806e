"""What the log says of a start."""

import logging

from fastapi_mongo_site.configuration import Env
from fastapi_mongo_site.logs.start import log_start


def test_line_of_the_start_says_which_service_and_how_it_is_configured(settings, caplog):
    caplog.set_level(logging.INFO)
    settings.NAME, settings.VERSION, settings.WORKERS, settings.THREADS = "Stock", "2.1", 4, 3
    settings.CHANGED_SETTINGS = {"NAME": "Stock", "WORKERS": 4}
    log_start()
    (record,) = caplog.records
    assert (record.message, record.facts) == (
        "Starting",
        {
            "name": "Stock",
            "version": "2.1",
            "workers": 4,
            "threads": 3,
            "settings": {"NAME": "Stock", "WORKERS": 4},
        },
    )


def test_environment_tells_what_differs_from_its_default(monkeypatch):
    monkeypatch.setenv("PORT", "8001")
    monkeypatch.setenv("THREADS", "3")
    monkeypatch.setenv("AUTH_CACHE_SECONDS", "2.5")
    monkeypatch.setenv("DEBUG", "on")
    env = Env()
    env.int("PORT", 8000)
    env.int("THREADS", 3)
    env.str("NAME", "Items")
    env.float("AUTH_CACHE_SECONDS", 5.0)
    env.bool("DEBUG", False)
    assert env.changed == {"PORT": 8001, "AUTH_CACHE_SECONDS": 2.5, "DEBUG": True}


def test_no_secret_is_among_the_settings_that_are_told(settings):
    told = str(settings.CHANGED_SETTINGS)
    assert settings.CHANGED_SETTINGS
    for secret in settings.SECRETS.values():
        assert not secret.value or secret.value not in told

"""The audit trail: which events it has, what they say."""

import datetime
import logging

import pytest
from django.core.management import call_command
from django.utils import timezone

from fastapi_mongo_site.configuration import Secret
from tests.support.accounts import NEW


@pytest.fixture
def events(caplog):
    """The audit dictionaries recorded so far."""
    caplog.set_level(logging.INFO, "accounts.audit")

    def events():
        return [
            {"event": record.message, **record.facts}
            for record in caplog.records
            if record.name == "accounts.audit"
        ]

    return events


def test_seed_and_rotation(events, settings):
    call_command("seed_service_user")
    secret = Secret("service_pwd", NEW, "$SERVICE_PWD")
    settings.SECRETS = {**settings.SECRETS, "service_pwd": secret}
    call_command("seed_service_user", "--grace", "1h")
    call_command("seed_service_user", "--end-grace")
    settings.SERVICE_USER = "renamed"
    call_command("seed_service_user")
    assert [(event["event"], event["user"], event.get("change")) for event in events()] == [
        ("seed", "tester", "created"),
        ("seed", "tester", "updated"),
        ("grace_set", "tester", None),
        ("grace_ended", "tester", None),
        ("seed", "renamed", "created"),
        ("deactivated", "tester", None),
    ]
    assert datetime.datetime.fromisoformat(events()[2]["until"]) > timezone.now()

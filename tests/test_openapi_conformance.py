"""The service does what its OpenAPI document says."""

import pytest
import schemathesis
from django.conf import settings as django_settings
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from schemathesis.core import NotSet
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from fastapi_mongo_site.wsgi import application
from items.exports import EXPORTS

CASES = 200
CONFIG = schemathesis.Config.from_dict(
    {
        "seed": 1,
        "cache": {"enabled": False},
        "auth": {
            "basic": {
                "username": django_settings.SERVICE_USER,
                "password": django_settings.SECRETS["service_pwd"].value,
            }
        },
        "generation": {"deterministic": True, "database": "none", "max-examples": CASES},
    }
)
schema = schemathesis.openapi.from_wsgi("/openapi.json", application, config=CONFIG)
SETTINGS = settings(
    max_examples=CASES,
    derandomize=True,
    deadline=None,
    database=None,
    print_blob=False,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(autouse=True)
def user(service_user, monkeypatch):
    """The service user, whose credentials the configuration has, and room for wrong ones."""
    for limit in ("PAIR_LIMIT", "ADDRESS_LIMIT"):
        monkeypatch.setattr(f"accounts.authenticator.{limit}", 10**6)


# The service takes and makes version 4 alone, which the format does not say.
schemathesis.openapi.format("uuid", st.uuids(version=4).map(str))


def promises_an_answer(case):
    """Tell whether the document can say that a case which fits it is taken."""
    query = case.query or {}
    has_body = not isinstance(case.body, NotSet)
    if "cursor" in query:
        # Opaque: the service takes those alone that it gave out.
        return False
    if "limit" in query and query.get("format") in EXPORTS:
        # An export has no pages.
        return False
    if case.operation.definition.raw.get("requestBody", {}).get("required") is False:
        # Either arguments or a body, never both or neither.
        return bool(query) != has_body and not names_an_id(case)
    if "query values" in str(case.operation.definition.raw["responses"].get("400")):
        return bool(query)
    return not names_an_id(case)


def names_an_id(case):
    """Tell whether a body names an id beside that of the URL, which it has to equal."""
    return isinstance(case.body, dict) and "id" in case.body and "id" in case.path_parameters


def refuses_row_by_row(case):
    """Tell whether the answer is 200 and each row's result in it says what is wrong there."""
    return case.path.endswith("/bulk") and isinstance(case.body, list)


@schema.parametrize()
@SETTINGS
def test_operation_is_as_the_document_says(case):
    excluded = [] if promises_an_answer(case) else [positive_data_acceptance]
    if refuses_row_by_row(case):
        excluded.append(negative_data_rejection)
    case.call_and_validate(excluded_checks=excluded)

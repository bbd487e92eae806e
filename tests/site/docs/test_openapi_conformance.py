"""The service does what its OpenAPI document says."""

from collections import Counter

import pytest
import schemathesis
from django.conf import settings as django_settings
from hypothesis import assume, settings
from hypothesis import strategies as st
from schemathesis.core import NotSet
from schemathesis.generation.meta import TestPhase
from schemathesis.specs.openapi.checks import (
    ignored_auth,
    negative_data_rejection,
    positive_data_acceptance,
)

from fastapi_mongo_site.wsgi import application
from items.models import Item
from items.transfer.exports import EXPORTS
from tests.support.accounts import SECRET

# The client then closes each answer, as a server does.
CALL = {"buffered": True}
DEPENDS_ON_WHAT_IS_STORED = ["2xx", "3xx", 404, 409, 412, 422]
CONFIG = schemathesis.Config.from_dict(
    {
        "seed": 1,
        "cache": {"enabled": False},
        "auth": {"basic": {"username": django_settings.SERVICE_USER, "password": SECRET}},
        "checks": {"positive_data_acceptance": {"expected-statuses": DEPENDS_ON_WHAT_IS_STORED}},
        "generation": {
            "deterministic": settings.default.derandomize,
            "database": "none",
            "max-examples": settings.default.max_examples,
            # The check ignored_auth sends wrong credentials; not every case needs to.
            "with-security-parameters": False,
        },
        # A request that is wrong by itself is wrong after any other: the other phases send it.
        "phases": {"stateful": {"generation": {"mode": "positive"}}},
    }
)
schema = schemathesis.openapi.from_wsgi("/openapi.json", application, config=CONFIG)
pytestmark = pytest.mark.random


@pytest.fixture(autouse=True)
def user(service_user):
    """The service user, whose credentials the configuration has."""


# The service takes versions 4 and 7 alone, which the format does not say; hypothesis makes no 7.
schemathesis.openapi.format("uuid", st.uuids(version=4).map(str))


def promises_an_answer(case):
    """Tell whether the service must accept a case that fits the document."""
    query = case.query or {}
    has_body = not isinstance(case.body, NotSet)
    if "cursor" in query:
        # The service takes only cursors that it gave out.
        return False
    if "limit" in query and query.get("format") in EXPORTS:
        # An export has no pages.
        return False
    if case.operation.definition.raw.get("requestBody", {}).get("required") is False:
        # It takes arguments or a body, and refuses both and neither.
        return bool(query) != has_body and not names_an_id(case)
    if "query values" in str(case.operation.definition.raw["responses"].get("400")):
        return bool(query)
    return not names_an_id(case)


def names_an_id(case):
    """Tell whether the body has an id, which must equal the one in the URL."""
    return isinstance(case.body, dict) and "id" in case.body and "id" in case.path_parameters


def is_of_another_operation(case):
    """Tell whether the id makes the path that of the operations in bulk."""
    return (case.path_parameters or {}).get("id") == "bulk"


def refuses_row_by_row(case):
    """Tell whether the answer is a 200 that says for each row what is wrong with it."""
    return case.path.endswith("/bulk") and isinstance(case.body, list)


def excluded_checks(case):
    """Return the checks of schemathesis that do not apply to a case."""
    excluded = [] if promises_an_answer(case) else [positive_data_acceptance]
    if refuses_row_by_row(case):
        excluded.append(negative_data_rejection)
    if case.meta.phase.name not in (TestPhase.EXAMPLES, TestPhase.COVERAGE):
        # It makes two requests more and judges the operation, not the case: the systematic cases
        # ask it often enough.
        excluded.append(ignored_auth)
    return excluded


TESTED = set()


def conforms(operation_id):
    """A test of one operation.

    schemathesis can make the tests of all operations from one function, but under pytest 9.2 they
    share one id.
    """
    TESTED.add(operation_id)

    @schema.include(operation_id=operation_id).parametrize()
    @settings(print_blob=False)
    def test(case):
        assume(not is_of_another_operation(case))
        case.call_and_validate(excluded_checks=excluded_checks(case), **CALL)

    return test


test_root_retrieve = conforms("root_retrieve")
test_health_retrieve = conforms("health_retrieve")
test_items_list = conforms("items_list")
test_items_create = conforms("items_create")
test_items_query = conforms("items_query")
test_items_retrieve = conforms("items_retrieve")
test_items_update = conforms("items_update")
test_items_partial_update = conforms("items_partial_update")
test_items_destroy = conforms("items_destroy")
test_items_adjust = conforms("items_adjust")
test_items_bulk_create = conforms("items_bulk_create")
test_items_bulk_change = conforms("items_bulk_change")
test_items_bulk_delete = conforms("items_bulk_delete")


def test_every_operation_is_tested():
    operations = [operation.ok() for operation in schema.get_all_operations()]
    assert {operation.definition.raw["operationId"] for operation in operations} == TESTED


def test_requests_that_follow_from_answers_are_as_the_document_says():
    used = Counter()
    # A workflow starts with a new item; one that adjusts a made-up item finds none.
    items = schema.include(path_regex="^/v1/items(/{id}.*)?$").exclude(operation_id="items_list")

    class Workflow(items.as_state_machine()):
        RANDOM__POST_v1_items_id_adjust = None

        def setup(self):
            self.created = set()
            # Items of an earlier workflow would change this one when it is repeated.
            Item.objects.all().delete()

        def get_call_kwargs(self, case):
            return CALL

        def validate_response(self, response, case, **options):
            if is_of_another_operation(case):
                return
            case.validate_response(
                response,
                excluded_checks=excluded_checks(case),
                transport_kwargs=options,
                recorder=self.recorder,
            )
            if response.status_code == 201:
                self.created.add(response.json()["id"])
            elif response.status_code < 300 and case.path_parameters.get("id") in self.created:
                used[case.operation.label] += 1

    every = {
        *(f"{method} /v1/items/{{id}}" for method in ("GET", "PUT", "PATCH", "DELETE")),
        "POST /v1/items/{id}/adjust",
    }
    # A PUT that is valid is rare, and another number of steps draws others.
    for steps in range(8, 16):
        Workflow.run(settings=settings(print_blob=False, stateful_step_count=steps))
        if set(used) == every:
            break
    assert set(used) == every

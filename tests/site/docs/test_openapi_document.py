"""The OpenAPI document says what a client has to know."""

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.staticfiles import finders
from drf_spectacular.generators import SchemaGenerator

from fastapi_mongo_site.docs import pages as apidocs


@pytest.fixture
def document(client):
    return client.get("/openapi.json").json()


def operations(document):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


def test_document_is_json(client):
    assert client.get("/openapi.json")["Content-Type"] == "application/json"


def test_requests_at_the_same_time_make_the_document_once(monkeypatch):
    made = []

    def make(generator, **options):
        made.append(threading.current_thread())
        time.sleep(0.01)
        return {}

    monkeypatch.setattr(SchemaGenerator, "get_schema", make)
    apidocs._make_document.cache_clear()
    with ThreadPoolExecutor(8) as threads:
        documents = list(threads.map(lambda _: apidocs.openapi_document(), range(8)))
    apidocs._make_document.cache_clear()
    assert (len(made), set(documents)) == (1, {b"{}"})


def test_padlock_is_on_every_item_operation_and_on_no_other(document):
    locked = {name for name, operation in operations(document) if operation.get("security")}
    assert locked == {name for name, _ in operations(document) if "/v1/items" in name}
    assert document["components"]["securitySchemes"] == {
        "basicAuth": {"type": "http", "scheme": "basic"}
    }


def test_document_knows_every_operation_of_the_contract(document):
    assert {name for name, _ in operations(document)} == {
        "get /",
        "get /health",
        "get /v1/items",
        "post /v1/items",
        "get /v1/items/",
        "get /v1/items/{id}",
        "put /v1/items/{id}",
        "patch /v1/items/{id}",
        "delete /v1/items/{id}",
        "post /v1/items/{id}/adjust",
        "post /v1/items/bulk",
        "patch /v1/items/bulk",
        "delete /v1/items/bulk",
    }


def test_every_body_and_answer_has_an_example(document):
    missing = []
    for name, operation in operations(document):
        answers = {**operation["responses"], "request": operation.get("requestBody", {})}
        for status, answer in answers.items():
            for media_type, content in answer.get("content", {}).items():
                if not content.get("examples"):
                    missing.append(f"{name} {status} {media_type}")
    assert missing == []


def test_every_parameter_and_header_has_an_example(document):
    missing = []
    for name, operation in operations(document):
        parts = {parameter["name"]: parameter for parameter in operation.get("parameters", ())}
        for status, answer in operation["responses"].items():
            parts |= {f"{status} {name}": part for name, part in answer.get("headers", {}).items()}
        missing += [f"{name} {part}" for part in parts if not parts[part].get("examples")]
    assert missing == []


def test_document_knows_which_operations_have_a_body(document):
    assert {name for name, operation in operations(document) if "requestBody" in operation} == {
        "post /v1/items",
        "put /v1/items/{id}",
        "patch /v1/items/{id}",
        "post /v1/items/{id}/adjust",
        "post /v1/items/bulk",
        "patch /v1/items/bulk",
        "delete /v1/items/bulk",
    }


def test_document_knows_the_headers_of_changes(document):
    adjust = document["paths"]["/v1/items/{id}/adjust"]["post"]
    assert {"If-Match", "If-None-Match", "Idempotency-Key"} <= {
        parameter["name"] for parameter in adjust["parameters"]
    }
    assert {"ETag", "Idempotency-Replayed"} <= set(adjust["responses"]["200"]["headers"])
    assert set(adjust["responses"]) >= {"400", "404", "409", "412", "422"}
    assert "ETag" in document["paths"]["/v1/items/{id}"]["get"]["responses"]["304"]["headers"]


def test_item_operations_document_what_each_of_them_may_answer(document):
    for name, operation in operations(document):
        if "/v1/items" in name:
            responses = operation["responses"]
            assert "WWW-Authenticate" in responses["401"]["headers"], name
            assert "Retry-After" in responses["503"]["headers"], name


def test_description_has_every_status_of_the_document(document):
    for name, operation in operations(document):
        for status in operation["responses"]:
            assert f"**{status}** " in document["info"]["description"], (name, status)


def test_operations_that_change_something_document_the_refusal_of_foreign_pages(document):
    foreign = {name for name, operation in operations(document) if "403" in operation["responses"]}
    assert foreign == {
        name for name, _ in operations(document) if "/v1" in name and not name.startswith("get")
    }


def test_what_stores_an_item_documents_where_it_is(document):
    items = document["paths"]["/v1/items"]["post"]["responses"]
    assert "Location" in items["201"]["headers"]
    row = document["components"]["schemas"]["BulkResult"]["properties"]
    assert row["location"]["type"] == "string"


def test_the_first_request_stores_the_item_of_the_other_examples(document):
    (stored,) = document["paths"]["/v1/items"]["post"]["requestBody"]["content"][
        "application/json"
    ]["examples"].values()
    (asked,) = (
        parameter
        for parameter in document["paths"]["/v1/items/{id}"]["get"]["parameters"]
        if parameter["name"] == "id"
    )
    assert [example["value"] for example in asked["examples"].values()] == [stored["value"]["id"]]


def test_list_documents_its_formats_and_headers(document):
    answers = document["paths"]["/v1/items"]["get"]["responses"]
    formats = {"application/json", "text/csv", "application/x-ndjson"}
    assert set(answers["200"]["content"]) == formats
    assert {"Link", "X-Total-Count"} <= set(answers["200"]["headers"])


def test_description_has_the_status_codes_and_a_picture(document):
    description = document["info"]["description"]
    assert "**409** the id is taken" in description
    (picture,) = re.findall(r"\]\(/static/(.+?)\)", description)
    assert finders.find(picture)

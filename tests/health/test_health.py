"""The health of the service."""

import pytest
from django.conf import settings

from fastapi_mongo_site import __version__
from tests.support.commands import commands


@pytest.mark.parametrize("accept", ["application/json", "application/problem+json", "*/*"])
def test_health_is_json_in_the_contracts_form(client, accept):
    response = client.get("/health", HTTP_ACCEPT=accept)
    assert (response.status_code, response["Cache-Control"]) == (200, "no-store")
    assert response.json() == {
        "status": True,
        "name": settings.NAME,
        "version": __version__,
        "resources": [{"name": "MongoDb", "status": True}],
    }


def test_it_answers_any_host(client):
    # A load balancer asks by the machine's address.
    assert client.get("/health", HTTP_HOST="10.0.0.7:8000").status_code == 200


def test_it_reads_a_document(client):
    with commands("django_migrations") as names:
        client.get("/health")
    assert names == ["find"]

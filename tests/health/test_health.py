"""The health of the service."""

import pytest
from django.conf import settings

from fastapi_mongo_site import __version__


@pytest.mark.parametrize("accept", ["application/json", "text/html", "*/*"])
def test_health_is_json_in_the_contracts_form(client, accept):
    response = client.get("/health", HTTP_ACCEPT=accept)
    assert (response.status_code, response["Cache-Control"]) == (200, "no-store")
    assert response.json() == {
        "status": True,
        "name": settings.NAME,
        "version": __version__,
        "resources": [{"name": "MongoDb", "status": True}],
    }

"""A Python client that is generated from the service's OpenAPI document."""

import importlib
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from django.conf import settings

from tests.support.accounts import basic


@pytest.fixture
def package(service, tmp_path, monkeypatch):
    """The name of the generated package, ready to be imported."""
    generated = subprocess.run(
        [
            *(Path(sys.executable).with_name("openapi-python-client"), "generate"),
            *("--url", f"{service.url}/openapi.json", "--meta", "none"),
            *("--output-path", tmp_path / "items_client", "--fail-on-warning"),
        ],
        # The generator looks for its formatter in PATH.
        env={"PATH": str(Path(sys.executable).parent)},
        capture_output=True,
        text=True,
    )
    assert generated.returncode == 0, generated.stdout + generated.stderr
    monkeypatch.syspath_prepend(tmp_path)
    return "items_client"


def test_generated_client_creates_finds_adjusts_and_deletes_an_item(service, package):
    def call(operation, *arguments, **options):
        module = importlib.import_module(f"{package}.api.items.items_{operation}")
        return module.sync_detailed(*arguments, client=client, **options)

    models = importlib.import_module(f"{package}.models")
    kind, credentials = basic(settings.SERVICE_USER, settings.SECRETS["service_pwd"].value).split()
    with importlib.import_module(package).AuthenticatedClient(
        service.url, credentials, prefix=kind, raise_on_unexpected_status=True
    ) as client:
        name = f"Hammer {uuid.uuid4()}"
        new = models.ItemRequest(name, models.CategoryEnum.TOOLS, 20, 9.99)
        item = call("create", body=new).parsed
        filters = {"name": name.lower(), "count_gte": 20, "price_lte": 9.99, "total": True}
        found = call("list", **filters)
        assert (found.parsed, found.headers["X-Total-Count"]) == ([item], "1")
        once = {"body": models.Adjustment(-3), "idempotency_key": str(uuid.uuid4())}
        counts = [call("adjust", item.id, **once).parsed.count for _ in range(2)]
        assert counts == [17, 17]
        refused = call("adjust", item.id, body=models.Adjustment(-18))
        assert (refused.status_code, refused.parsed.count) == (409, 17)
        assert call("destroy", item.id).status_code == 204
        assert call("retrieve", item.id).status_code == 404

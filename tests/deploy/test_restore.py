"""A restore from an export: what the API shows of each item is what it was."""

from io import StringIO

import pytest
from django.core.management import call_command

from items.models import Item
from tests.support.accounts import AUTHORIZATION


@pytest.fixture
def api(empty_database, client):
    """A client of a service whose store holds the samples, some of which were changed."""
    prepare()
    call_command("load_samples", stdout=StringIO())
    client.credentials(HTTP_AUTHORIZATION=AUTHORIZATION["Authorization"])
    path = f"/v1/items/{client.get('/v1/items?limit=1').json()[0]['id']}"
    headers = {"Idempotency-Key": "order 4711"}
    assert client.post(f"{path}/adjust", {"delta": 1}, headers=headers).status_code == 200
    assert client.patch(path, {"price": 0.0001, "name": "=Ölfaß; \"x\", 'y'\t"}).status_code == 200
    return client


def prepare():
    call_command("migrate", verbosity=0)
    call_command("seed_service_user", verbosity=0)


def shown(client):
    """Every item as it is shown, and its ETag."""
    items = client.get("/v1/items?format=ndjson")
    first = Item.objects.order_by("id")[:20]
    tags = [client.get(f"/v1/items/{item.id}").headers["ETag"] for item in first]
    return b"".join(items), tags


@pytest.mark.parametrize("name", ["items.ndjson.gz", "items.csv"])
def test_what_was_exported_dropped_and_imported_is_as_it_was(api, empty_database, tmp_path, name):
    before, file = shown(api), str(tmp_path / name)
    call_command("export_items", file, stdout=StringIO(), stderr=StringIO())
    empty_database.client.drop_database(empty_database.name)
    prepare()
    call_command("import_items", file, stdout=StringIO(), stderr=StringIO())
    assert shown(api) == before

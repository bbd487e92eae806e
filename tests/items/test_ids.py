"""Which ids items may have: those that the two generations of the original write."""

import gzip
import json
import uuid

import pytest
from django.core.management import call_command
from drf_spectacular.generators import SchemaGenerator

from items.models import Item
from tests.examples import OTHER

TAKEN = {
    "of 2023": "dbb86c27-2eed-410d-881e-ad47487dd228",
    "of its later generation": "01932f6e-7c80-7b3a-9c1e-0123456789ab",
}
REFUSED = [f"00000000-0000-{version}000-8000-000000000000" for version in (0, 1, 3, 5, 6, 8)]


@pytest.fixture(params=TAKEN.values(), ids=TAKEN)
def item(request):
    return {"id": request.param, **OTHER}


def stored():
    return [document["_id"] for document in Item.objects.mongo_find({})]


def test_the_api_keeps_the_id(auth_client, item):
    assert auth_client.post("/v1/items", item).json() == item
    assert stored() == [item["id"]]
    path = f"/v1/items/{item['id']}"
    assert auth_client.get(path).json() == item
    assert auth_client.put(path, item).json() == item
    assert auth_client.delete(path).status_code == 204


def test_bulk_keeps_the_id(auth_client, item):
    (row,) = auth_client.post("/v1/items/bulk", [item]).json()
    assert row["item"] == item


@pytest.mark.parametrize("name", ["items.csv", "items.ndjson.gz"])
def test_a_file_keeps_the_id(tmp_path, item, name):
    content = json.dumps(item).encode()
    if name == "items.csv":
        content = f"{','.join(item)}\n{','.join(map(str, item.values()))}\n".encode()
    path = tmp_path / name
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    call_command("import_items", str(path))
    assert stored() == [item["id"]]


def test_check_items_finds_the_id_right(auth_client, item, capsys):
    auth_client.post("/v1/items", item)
    call_command("check_items")
    assert "0 break the rules" in capsys.readouterr().out


@pytest.mark.parametrize("item_id", REFUSED)
def test_the_api_refuses_other_versions(auth_client, item_id):
    response = auth_client.post("/v1/items", {"id": item_id, **OTHER})
    assert response.status_code == 400
    assert response.json()["errors"] == {"id": ["Must be a UUID of version 4 or 7."]}


def test_the_documentation_has_both_versions():
    schema = SchemaGenerator().get_schema(public=True)
    item_id = schema["components"]["schemas"]["ItemRequest"]["properties"]["id"]
    assert item_id["description"] == "Of version 4 or 7."
    assert "-[47][0-9A-Fa-f]{3}-" in item_id["pattern"]


def test_ids_made_here_are_version_4(auth_client):
    assert uuid.UUID(auth_client.post("/v1/items", OTHER).json()["id"]).version == 4

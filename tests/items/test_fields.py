"""Each field of an item goes all the way: a field that is left out somewhere turns a test red."""

import csv
import io

import pytest
from django.core.management import call_command
from drf_spectacular.generators import SchemaGenerator

from items.models import Item
from tests.examples import ID, OTHER, OTHER_ID, SENT, SHOWN, STORED
from tests.support.database import store

FIELDS = [field.name for field in Item._meta.fields if not field.primary_key]
PATH = f"/v1/items/{ID}"


@pytest.fixture(params=FIELDS)
def field(request):
    """The name of each field."""
    return request.param


@pytest.fixture
def change(field):
    """Another value for the field."""
    return {field: OTHER[field]}


@pytest.fixture
def stored():
    """The item of the examples."""
    store([dict(STORED)])


def document():
    return Item.objects.mongo_find_one({"_id": ID})


def test_examples_differ_in_every_field():
    assert set(SENT) == set(OTHER) == set(FIELDS)
    assert not SENT.items() & OTHER.items()


# Changes


def test_new_item_has_the_field(auth_client, change):
    response = auth_client.post("/v1/items", {**SHOWN, **change})
    assert response.json() == auth_client.get(PATH).json() == {**SHOWN, **change}
    assert document() == {**STORED, **change}


def test_put_with_a_body_sets_the_field(auth_client, stored, change):
    assert auth_client.put(PATH, {**SENT, **change}).json() == {**SHOWN, **change}
    assert document() == {**STORED, **change}


# The original changes a category by no argument.
@pytest.mark.parametrize("field", sorted({*FIELDS} - {"category"}))
def test_put_with_an_argument_sets_the_field(auth_client, stored, field):
    change = {field: OTHER[field]}
    assert auth_client.put(f"{PATH}?{field}={OTHER[field]}").json() == {**SHOWN, **change}
    assert document() == {**STORED, **change}


def test_patch_sets_the_field(auth_client, stored, change):
    assert auth_client.patch(PATH, change).json() == {**SHOWN, **change}
    assert document() == {**STORED, **change}


def test_bulk_stores_the_field(auth_client, change):
    (row,) = auth_client.post("/v1/items/bulk", [{**SHOWN, **change}]).json()
    assert row["item"] == {**SHOWN, **change}
    assert document() == {**STORED, **change}


def test_bulk_sets_the_field(auth_client, stored, change):
    (row,) = auth_client.patch("/v1/items/bulk", [{"id": ID, **change}]).json()
    assert row["item"] == {**SHOWN, **change}
    assert document() == {**STORED, **change}


# Adjustments


def test_repeated_adjustment_shows_the_field_as_it_was(auth_client, stored, change):
    def adjust():
        return auth_client.post(f"{PATH}/adjust", {"delta": 1}, HTTP_IDEMPOTENCY_KEY="k").json()

    first = adjust()
    auth_client.patch(PATH, change)
    assert first == adjust() == {**SHOWN, "count": 21}


# Conditions


def test_etag_changes_with_the_field(auth_client, stored, change):
    etag = auth_client.get(PATH)["ETag"]
    auth_client.patch(PATH, change)
    assert auth_client.get(PATH)["ETag"] != etag


def test_change_of_the_field_in_between_is_not_lost(stored, change):
    read = Item.objects.read(ID)
    Item.objects.change(ID, change)
    with pytest.raises(Item.DoesNotExist):
        Item.objects.remove(ID, read)


# Lists


@pytest.fixture
def two(change):
    """The item of the examples, and one that differs in the field."""
    store([dict(STORED), {**STORED, "_id": OTHER_ID, **change}])


def test_list_finds_by_the_field(auth_client, two, field):
    found = auth_client.get("/v1/items", {field: OTHER[field]}).json()
    assert [item["id"] for item in found] == [OTHER_ID]


def test_selection_finds_by_the_field(auth_client, two, field):
    answer = auth_client.get("/v1/items/", {field: OTHER[field]}).json()
    assert answer["query"] == {**dict.fromkeys(FIELDS), field: OTHER[field]}
    assert [item["id"] for item in answer["selection"]] == [OTHER_ID]


# Files


def test_csv_of_the_api_has_the_field(auth_client, stored, field):
    response = auth_client.get("/v1/items?format=csv")
    text = b"".join(response.streaming_content).decode()
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert row[field] == str(SENT[field])


@pytest.mark.parametrize("name", ["items.csv", "items.ndjson"])
def test_field_goes_out_by_file_and_comes_back(tmp_path, stored, change, name):
    file = str(tmp_path / name)
    call_command("export_items", file)
    Item.objects.change(ID, change)
    call_command("import_items", file, "--on-conflict=update")
    assert document() == STORED


# Rules and documentation


def test_check_items_names_the_field(stored, field, capsys):
    Item.objects.change(ID, {field: ["no value"]})
    with pytest.raises(SystemExit):
        call_command("check_items")
    assert capsys.readouterr().out.startswith(f"{ID}: {field}: ")


@pytest.fixture(scope="module")
def openapi():
    """The OpenAPI document."""
    return SchemaGenerator().get_schema(public=True)


def test_documentation_has_the_field(openapi, field):
    schemas = openapi["components"]["schemas"]
    assert field in schemas["Item"]["required"]
    for request in ("ItemRequest", "PatchedItemRequest", "BulkChange"):
        assert field in schemas[request]["properties"]
    created = openapi["paths"]["/v1/items"]["post"]["responses"]["201"]
    (example,) = created["content"]["application/json"]["examples"].values()
    assert field in example["value"]


def test_documentation_has_an_example_of_every_argument(openapi):
    for path, method in [("/v1/items", "get"), ("/v1/items/", "get"), ("/v1/items/{id}", "put")]:
        for parameter in openapi["paths"][path][method]["parameters"]:
            assert parameter.get("examples"), parameter["name"]

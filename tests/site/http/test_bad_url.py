"""A URL at fault is a 4xx that names the fault: never a 5xx, never a silently changed value."""

from urllib.parse import quote

import pytest

from items.models import Item
from tests.examples import ID, SENT, STORED


@pytest.fixture
def hammer():
    """An item as the original stores it."""
    Item.objects.mongo_insert_one(dict(STORED))


def stored():
    return [document["name"] for document in Item.objects.mongo_find({})]


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("name=%FF", "UTF-8"),
        ("name=%ED%A0%80", "UTF-8"),
        ("name=\xff", "UTF-8"),
        ("%FF=1", "UTF-8"),
        ("name=100%", "hexadecimal"),
        ("name=%zz", "hexadecimal"),
        ("&".join(f"a{number}=" for number in range(2000)), "arguments"),
        ("name=%00", "name"),
        ("%00=1", "\0"),
        ("count=1_0", "count"),
        ("count=%D9%A3", "count"),
        ("count=%201", "count"),
        ("count=%2B1", "count"),
        ("count=0x1", "count"),
        ("count=", "count"),
        ("count=1e99999", "count"),
        ("price=NaN", "price"),
        ("price=Infinity", "price"),
        ("price=1,5", "price"),
        ("price=1e30", "price"),
        ("name[$ne]=a", "name[$ne]"),
        ("name.$ne=a", "name.$ne"),
        ("non_field_errors=1", "non_field_errors"),
        ("x" * 50_000, "x"),
    ],
    ids=lambda text: repr(text[:24]),
)
@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/items/"), ("PUT", f"/v1/items/{ID}")])
def test_argument_at_fault_is_refused_with_the_reason(
    auth_client, hammer, method, path, query, fault
):
    response = auth_client.generic(method, path, QUERY_STRING=query)
    assert response.status_code == 400
    assert fault in response.json()["detail"]
    assert stored() == ["Hammer"]


@pytest.mark.parametrize("limit", ["1_0", "%D9%A3", "%205", "%2B5", "5.5", "1e400", "9" * 5000, ""])
def test_limit_is_written_in_plain_digits(auth_client, limit):
    response = auth_client.get(f"/v1/items?limit={limit}")
    assert (response.status_code, list(response.json()["errors"])) == (400, ["limit"])


@pytest.mark.parametrize("spelling", ["{}", "{{{}}}", "urn:uuid:{}", "uuid:{}"])
@pytest.mark.parametrize("case", [str.lower, str.upper])
@pytest.mark.parametrize("dashes", ["-", "--", ""])
def test_id_may_be_spelled_as_any_uuid(auth_client, hammer, spelling, case, dashes):
    spelled = quote(spelling.format(case(ID).replace("-", dashes)))
    assert auth_client.get(f"/v1/items/{spelled}").json()["id"] == ID
    assert auth_client.put(f"/v1/items/{spelled}?count=1").json()["id"] == ID


NO_UUIDS = [
    ID[:-1],
    f"{ID}0",
    f" {ID}",
    f"{ID}\n",
    f"({ID})",
    ID.replace("d", "g"),
    "\0",
    "\r\nX-Evil: 1",
    "$where",
    "x" * 50_000,
]


@pytest.mark.parametrize("text", NO_UUIDS, ids=lambda text: repr(text[:40]))
def test_id_that_is_no_uuid_is_refused(auth_client, text):
    assert auth_client.get(f"/v1/items/{quote(text, safe='')}").status_code == 404
    response = auth_client.post("/v1/items", {**SENT, "id": text})
    assert (response.status_code, list(response.json()["errors"])) == (400, ["id"])


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("get", f"/{ID}", None),
        ("post", "", SENT),
        ("patch", f"/{ID}", {"price": 2}),
        ("delete", f"/{ID}", None),
        ("post", f"/{ID}/adjust", {"delta": 1}),
        ("post", "/bulk", [SENT]),
        ("patch", "/bulk", [{"id": ID, "price": 2}]),
        ("delete", "/bulk", [ID]),
    ],
)
def test_argument_of_an_operation_that_takes_none_is_named(auth_client, hammer, method, path, body):
    response = getattr(auth_client, method)(f"/v1/items{path}?count=5", body)
    assert response.status_code == 400
    assert response.json()["errors"] == {"count": ["Unknown argument."]}
    assert list(Item.objects.mongo_find({})) == [STORED]

"""Bad input is a 4xx that names the fault: never a 5xx, and never a silently changed value."""

import json
import socket
import uuid
from urllib.parse import quote

import pytest
from django.conf import settings

from items.models import Item
from tests.support.accounts import basic

ID = "dbb86c27-2eed-410d-881e-ad47487dd228"
HAMMER = {"name": "Hammer", "category": "tools", "count": 20, "price": 9.99}
JSON = "application/json"


@pytest.fixture
def hammer():
    """An item as the original stores it."""
    Item.objects.mongo_insert_one({"_id": ID, **HAMMER})


def stored():
    return [document["name"] for document in Item.objects.mongo_find({})]


def post(client, body, content_type=JSON, **headers):
    return client.generic("POST", "/v1/items", body, content_type=content_type, **headers)


def body_with(**members):
    """An item's JSON with these members as they are written."""
    texts = {name: json.dumps(value) for name, value in HAMMER.items()} | members
    return "{" + ",".join(f"{json.dumps(name)}:{text}" for name, text in texts.items()) + "}"


# Bodies


@pytest.mark.parametrize("name", ["count", "price"])
@pytest.mark.parametrize("number", ["1e30", "1e1000000", "-1e1000000", "9" * 4000, '"1_0"', '"٣"'])
def test_number_out_of_bounds_or_in_a_string_names_its_field(auth_client, name, number):
    response = post(auth_client, body_with(**{name: number}))
    assert (response.status_code, list(response.json()["errors"])) == (400, [name])
    assert stored() == []


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (body_with(price="1e99999999999999999999"), "1e99999999999999999999"),
        (body_with(price="NaN"), "NaN"),
        (body_with(price="-Infinity"), "-Infinity"),
        (body_with(price="1_0"), "line 1"),
        (body_with(price="+1"), "line 1"),
        (body_with(price="01"), "line 1"),
        (body_with(price=".5"), "line 1"),
        (body_with(name='"a\nb"'), "control character"),
        (body_with(name='["\\ud83d"]'), "surrogate"),
        ('["\\udca9"]', "surrogate"),
        ('{"a":{"b":1,"\\u0062":2}}', '"b"'),
        ("\ufeff" + body_with(), "BOM"),
        (body_with().encode("utf-16"), "UTF-8"),
        (body_with(name='"é"').encode("latin-1"), "UTF-8"),
        ("[" * 2000 + "]" * 2000, ""),
        ('{"name":' * 2000 + "1" + "}" * 2000, ""),
        (body_with(name="[" * 500 + "]" * 500), "name"),
    ],
    ids=lambda value: repr(value[:24]),
)
def test_body_at_fault_is_refused_with_the_reason(auth_client, body, fault):
    response = post(auth_client, body)
    assert response.status_code == 400
    assert fault in response.json()["detail"]
    assert stored() == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", "items"),
        ("put", f"items/{ID}"),
        ("patch", f"items/{ID}"),
        ("post", f"items/{ID}/adjust"),
    ],
)
def test_body_that_is_null_is_refused(auth_client, hammer, method, path):
    response = auth_client.generic(method.upper(), f"/v1/{path}", b"null", content_type=JSON)
    assert response.status_code == 400
    assert response.json()["detail"] == "The body must be a JSON object, not null."


def test_surrogate_pair_is_a_character(auth_client):
    assert post(auth_client, body_with(name='"\\ud83d\\udca9"')).json()["name"] == "💩"


@pytest.mark.parametrize("name", ["non_field_errors", "detail", "$set", "a.b", "", "\u0000", "_id"])
def test_unknown_field_is_named_whatever_its_name(auth_client, name):
    response = post(auth_client, body_with(**{name: "1"}))
    assert (response.status_code, list(response.json()["errors"])) == (400, [name])


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/json",
        "application/jsonx",
        "application/json; charset=latin-1",
        "application/json; charset=utf-16",
        "multipart/form-data",
        "application/x-www-form-urlencoded",
        "a/b/c;;",
        "*/*",
    ],
)
def test_content_type_other_than_json_is_415(auth_client, content_type):
    response = post(auth_client, body_with(), content_type)
    assert (response.status_code, bool(response.json()["detail"])) == (415, True)
    assert stored() == []


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf-8"', "utf8"])
def test_utf_8_may_be_said(auth_client, charset):
    assert post(auth_client, body_with(), f"{JSON}; charset={charset}").status_code == 201


@pytest.mark.parametrize("accept", [JSON, "text/html"])
@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/items"), ("PUT", f"/v1/items/{ID}")])
def test_body_of_10_mb_is_413(auth_client, hammer, method, path, accept):
    body = body_with(name='"' + "x" * 10_000_000 + '"')
    response = auth_client.generic(method, path, body, content_type=JSON, HTTP_ACCEPT=accept)
    assert response.status_code == 413


def test_body_of_a_thousand_of_the_largest_items_is_within_the_limit():
    largest = {"id": ID, **HAMMER, "name": "💩" * 100, "price": 999999999.9999}
    assert len(json.dumps([largest] * 1000)) < settings.DATA_UPLOAD_MAX_MEMORY_SIZE


# URLs


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
    response = auth_client.post("/v1/items", {**HAMMER, "id": text})
    assert (response.status_code, list(response.json()["errors"])) == (400, ["id"])


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "FOO", "get", "PROPFIND"])
def test_method_that_nobody_has_is_405(auth_client, method):
    response = auth_client.generic(method, "/v1/items/" + ID)
    # DRF knows methods in any case.
    assert response.status_code == (404 if method == "get" else 405)


@pytest.mark.parametrize("accept", [";;;", "/", "a/b/c;q=x", "\xff/\xfe", "*/*;q=nan", ","])
def test_accept_header_that_means_nothing_is_answered_in_json(auth_client, accept):
    response = auth_client.get("/v1/items", HTTP_ACCEPT=accept)
    assert (response.status_code, response["Content-Type"]) == (200, JSON)


def test_body_in_a_content_coding_is_415(auth_client):
    response = auth_client.post("/v1/items", HAMMER, HTTP_CONTENT_ENCODING="gzip")
    assert (response.status_code, Item.objects.count()) == (415, 0)
    assert "gzip" in response.json()["detail"]


# On the wire


def exchange(
    service, head, body=b"", *, method="POST", path="/v1/items", end=False, content_type=JSON
):
    """Send bytes as they are; return the status and the text of the answer."""
    credentials = basic("tester", settings.SECRETS["service_pwd"].value)
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Connection: close"]
    lines += [f"Authorization: {credentials}"]
    lines += [f"Content-Type: {content_type}"] if content_type else []
    lines += [*head, "", ""]
    with socket.create_connection(("127.0.0.1", service.port), timeout=10) as connection:
        connection.sendall("\r\n".join(lines).encode("latin-1") + body)
        if end:
            connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    status, _, rest = answer.partition(b"\r\n")
    if status.split()[1] == b"100":
        status, _, rest = rest.lstrip().partition(b"\r\n")
    return int(status.split()[1]), rest.decode()


def chunks(body, size=16):
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in [*parts, b""])


CHUNKED = ["Transfer-Encoding: chunked"]
BODY = body_with().encode()


@pytest.mark.parametrize("body", [BODY, BODY.replace(b"Hammer", b"\\u0041" * 50)])
def test_chunked_body_is_read(service, body):
    assert exchange(service, CHUNKED, chunks(body))[0] == 201


@pytest.mark.parametrize("head", [CHUNKED, [*CHUNKED, "Content-Length: 3"]])
def test_chunked_body_decides_whether_put_replaces(service, head):
    path = f"/v1/items/{uuid.uuid4()}"
    assert exchange(service, head, chunks(BODY), method="PUT", path=path)[0] == 404
    status, text = exchange(service, CHUNKED, chunks(b""), method="PUT", path=path)
    assert (status, "No query values provided in update URL" in text) == (400, True)


def test_chunked_body_that_breaks_off_is_no_item(service):
    assert exchange(service, CHUNKED, chunks(BODY)[:60], end=True)[0] == 400


@pytest.mark.parametrize("head", [CHUNKED, ["Content-Length: 10000000"]])
def test_body_over_the_limit_is_413_to_a_client_that_sends_all_of_it_first(service, head):
    body = b" " * 10_000_000
    status, text = exchange(service, head, chunks(body, 2**20) if head is CHUNKED else body)
    assert (status, '{"detail":"The body is larger than' in text) == (413, True)


def test_body_over_the_limit_is_413_before_it_is_sent(service):
    head = ["Content-Length: 10000000000", "Expect: 100-continue"]
    assert exchange(service, head)[0] == 413


def test_expect_100_continue(service):
    head = [f"Content-Length: {len(BODY)}", "Expect: 100-continue"]
    assert exchange(service, head, BODY)[0] == 201


def test_body_shorter_than_its_length_is_refused(service):
    status, text = exchange(service, [f"Content-Length: {len(BODY) + 1}"], BODY, end=True)
    assert (status, "shorter" in text) == (400, True)


BROKEN_PARAMETERS = ["a*=bogus''x", "charset*=bogus''u", "x*0*=bogus''a", "x*1*=u''a; x*0=b"]


@pytest.mark.parametrize("parameters", BROKEN_PARAMETERS)
@pytest.mark.parametrize("path", ["/v1/items/none", "/nope"])
def test_accept_header_with_broken_parameters_is_answered_in_json(service, path, parameters):
    status, text = exchange(service, [f"Accept: {JSON}; {parameters}"], method="GET", path=path)
    assert (status, f"content-type: {JSON}\r\n" in text) == (404, True)


@pytest.mark.parametrize("parameters", BROKEN_PARAMETERS)
def test_content_type_with_broken_parameters_is_shown_in_a_415(service, parameters):
    head = [f"Content-Type: {JSON}; {parameters}", f"Content-Length: {len(BODY)}"]
    status, text = exchange(service, head, BODY, content_type=None)
    assert (status, parameters.split(";")[0] in text) == (415, True)


@pytest.mark.parametrize("type_", [f"{JSON}; a*=bogus''x", f"{JSON}; charset=base64"])
@pytest.mark.parametrize(("path", "status"), [("/health", 200), ("/v1/items?limit=1", 200)])
def test_content_type_of_no_body_does_not_matter(service, type_, path, status):
    head = [f"Content-Type: {type_}"]
    assert exchange(service, head, method="GET", path=path, content_type=None)[0] == status


@pytest.mark.parametrize(
    "head",
    [
        ["Content-Length: -5"],
        ["Content-Length: x"],
        ["Content-Length: 5", "Content-Length: 6"],
        ["Content-Length: 99999999999999999999999"],
        ["X: a\0b"],
        [": x"],
        ["Host: other"],
        [f"X-{number}: 1" for number in range(200)],
        ["X: " + "x" * 500_000],
    ],
    ids=lambda head: head[0][:30],
)
def test_head_that_is_no_http_is_a_4xx(service, head):
    status, _ = exchange(service, head, BODY)
    assert 400 <= status < 500


@pytest.mark.parametrize(
    "path",
    [
        "/v1/items/%ff",
        "/v1/items/\xff",
        "/v1/items?a=\xff",
        "/v1/items?name=%ff",
        "//v1/items",
        "/v1/items/..%2f",
        "/v1/items/%2e%2e/x",
        "*",
        "v1/items",
        "/v1/items?" + "x" * 70_000,
        "/" + "x" * 70_000,
    ],
    ids=lambda path: repr(path[:24]),
)
def test_target_that_leads_nowhere_is_a_4xx(service, path):
    status, _ = exchange(service, [], method="GET", path=path)
    assert 400 <= status < 500


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("get", f"/{ID}", None),
        ("post", "", HAMMER),
        ("patch", f"/{ID}", {"price": 2}),
        ("delete", f"/{ID}", None),
        ("post", f"/{ID}/adjust", {"delta": 1}),
        ("post", "/bulk", [HAMMER]),
        ("patch", "/bulk", [{"id": ID, "price": 2}]),
        ("delete", "/bulk", [ID]),
    ],
)
def test_argument_of_an_operation_that_takes_none_is_named(auth_client, hammer, method, path, body):
    response = getattr(auth_client, method)(f"/v1/items{path}?count=5", body)
    assert response.status_code == 400
    assert response.json()["errors"] == {"count": ["Unknown argument."]}
    assert list(Item.objects.mongo_find({})) == [{"_id": ID, **HAMMER}]

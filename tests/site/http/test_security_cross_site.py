"""Requests that a page of another origin makes a browser send, and CORS."""

import runpy

import pytest
from django.core.checks import run_checks

from items.models import Item
from tests.examples import SENT

HOST = "service.example"
OWN = f"http://{HOST}"
SHOP = "https://shop.example"
UNSAFE = ["post", "put", "patch", "delete"]


@pytest.fixture
def made(monkeypatch, settings):
    """Gives the settings for a list of origins in the environment."""

    def make(listed):
        monkeypatch.setenv("CORS_ALLOWED_ORIGINS", listed)
        return runpy.run_path(str(settings.BASE_DIR / "fastapi_mongo_site" / "settings.py"))

    return make


@pytest.fixture(autouse=True)
def configuration(settings, made):
    settings.ALLOWED_HOSTS = [HOST, "[::1]"]
    for name in ("CORS_ALLOWED_ORIGINS", "MIDDLEWARE"):
        setattr(settings, name, made(SHOP)[name])


def create(client, **headers):
    return client.post("/v1/items", SENT, headers={"Host": HOST, **headers})


def test_client_that_is_no_browser_may_write(auth_client):
    assert create(auth_client).status_code == 201


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_own_page_may_write(auth_client, site):
    response = create(auth_client, Origin=OWN, **{"Sec-Fetch-Site": site})
    assert response.status_code == 201


@pytest.mark.parametrize(
    "site", ["cross-site", "same-site", "", "unheard-of", "same-origin, cross-site"]
)
def test_page_of_another_site_may_not_write(auth_client, site):
    assert create(auth_client, **{"Sec-Fetch-Site": site}).status_code == 403
    assert not Item.objects.exists()


FOREIGN = {
    "another host": "http://evil.example",
    "a host that begins alike": f"{OWN}.evil.example",
    "a subdomain": f"http://www.{HOST}",
    "another port": f"{OWN}:8080",
    "none to be named": "null",
    "empty": "",
    "several": f"{OWN}, http://evil.example",
    "several of ours": f"{OWN}, {OWN}",
    "no scheme": HOST,
    "another scheme": f"ftp://{HOST}",
    "no port": f"{OWN}:port",
    "no host": "http://[",
    "a user": f"http://{HOST}@evil.example",
}


@pytest.mark.parametrize("origin", FOREIGN.values(), ids=FOREIGN.keys())
def test_page_of_another_origin_may_not_write(auth_client, origin):
    assert create(auth_client, Origin=origin).status_code == 403
    assert (
        create(auth_client, Origin=origin, **{"Sec-Fetch-Site": "same-origin"}).status_code == 403
    )
    assert not Item.objects.exists()


def test_refusal_names_both_origins_and_the_setting(auth_client):
    assert create(auth_client, Origin="http://evil.example").json() == {
        "detail": "A page of http://evil.example may not change anything at http://service.example."
        " To allow it, list its origin in CORS_ALLOWED_ORIGINS."
    }


@pytest.mark.parametrize("method", UNSAFE)
def test_every_unsafe_method_is_held_everywhere(auth_client, method):
    headers = {"Host": HOST, "Sec-Fetch-Site": "cross-site"}
    for path in ("/", "/health", "/v1/items", "/v1/items/1", "/nowhere"):
        assert getattr(auth_client, method)(path, headers=headers).status_code == 403, path


@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_safe_methods_are_for_every_page(auth_client, method):
    headers = {"Host": HOST, "Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert getattr(auth_client, method)("/v1/items", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        (f"{HOST}:80", OWN),
        (HOST, f"{OWN}:80"),
        (f"{HOST}:443", f"https://{HOST}"),
        (f"{HOST}:8000", f"http://{HOST}:8000"),
        ("SERVICE.example", OWN),
        ("[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_default_ports_and_case_make_no_other_origin(auth_client, host, origin):
    assert create(auth_client, Host=host, Origin=origin).status_code == 201


def test_tls_that_a_proxy_ends_makes_no_other_origin(auth_client):
    assert create(auth_client, Origin=f"https://{HOST}").status_code == 201


def test_page_without_tls_may_not_write_to_a_service_with_it(auth_client, settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    tls = {"X-Forwarded-Proto": "https"}
    assert create(auth_client, Origin=OWN, **tls).status_code == 403
    assert create(auth_client, Origin=f"https://{HOST}", **tls).status_code == 201


# CORS


def cors(response):
    return {name for name in response.headers if name.startswith("access-control-")}


def preflight(client, origin):
    return client.options(
        "/v1/items",
        headers={"Host": HOST, "Origin": origin, "Access-Control-Request-Method": "POST"},
    )


def test_preflight_of_an_allowed_origin_needs_no_credentials(client):
    response = preflight(client, SHOP)
    assert (response.status_code, response.content) == (200, b"")
    assert response["Access-Control-Allow-Origin"] == SHOP
    allowed = set(response["Access-Control-Allow-Headers"].split(", "))
    assert {"authorization", "content-type", "idempotency-key", "if-match"} <= allowed
    assert {"PUT", "PATCH", "DELETE"} <= set(response["Access-Control-Allow-Methods"].split(", "))


@pytest.mark.parametrize("origin", ["https://evil.example", "http://shop.example", "null"])
def test_preflight_of_another_origin_has_no_cors_header(client, origin):
    assert cors(preflight(client, origin)) == set()


def test_page_of_an_allowed_origin_may_write_and_read_the_answer(auth_client):
    response = create(auth_client, Origin=SHOP, **{"Sec-Fetch-Site": "cross-site"})
    assert response.status_code == 201
    assert response["Access-Control-Allow-Origin"] == SHOP


def test_page_of_an_allowed_origin_may_read_every_header_that_is_documented(client, auth_client):
    exposed = set(create(auth_client, Origin=SHOP)["Access-Control-Expose-Headers"].split(", "))
    paths = client.get("/openapi.json", headers={"Host": HOST}).json()["paths"]
    answers = [
        answer
        for operations in paths.values()
        for operation in operations.values()
        for answer in operation["responses"].values()
    ]
    documented = {name for answer in answers for name in answer.get("headers", ())}
    # A challenge is for the browser itself.
    assert documented - {"WWW-Authenticate"} <= exposed


def test_page_of_an_allowed_origin_can_read_what_went_wrong(client):
    response = create(client, Origin=SHOP, **{"Sec-Fetch-Site": "cross-site"})
    assert (response.status_code, response["Access-Control-Allow-Origin"]) == (401, SHOP)


def test_page_of_another_origin_can_read_nothing(auth_client):
    headers = {"Host": HOST, "Origin": "https://evil.example"}
    assert cors(auth_client.get("/v1/items", headers=headers)) == set()


@pytest.mark.parametrize(
    ("origin", "id"),
    [("shop.example", "corsheaders.E013"), (f"{SHOP}/", "corsheaders.E014"), ("null", "site.E006")],
)
def test_value_that_is_not_an_origin_is_a_configuration_error(settings, origin, id):
    settings.CORS_ALLOWED_ORIGINS = [origin]
    assert [message.id for message in run_checks()] == [id]


@pytest.mark.parametrize(
    ("listed", "allowed"),
    [
        ("", []),
        ("https://a.example, https://b.example", ["https://a.example", "https://b.example"]),
    ],
)
def test_origins_are_listed_with_commas(made, listed, allowed):
    assert made(listed)["CORS_ALLOWED_ORIGINS"] == allowed


def test_no_origin_is_allowed_by_default(monkeypatch, settings):
    monkeypatch.delenv("CORS_ALLOWED_ORIGINS")
    made = runpy.run_path(str(settings.BASE_DIR / "fastapi_mongo_site" / "settings.py"))
    assert made["CORS_ALLOWED_ORIGINS"] == []


def test_without_an_allowed_origin_no_answer_depends_on_it(client, settings, made):
    settings.MIDDLEWARE = made("")["MIDDLEWARE"]
    response = preflight(client, SHOP)
    assert cors(response) == set()
    assert "origin" not in response.get("Vary", "").lower()
    assert response.status_code == 401

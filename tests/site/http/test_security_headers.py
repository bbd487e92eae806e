"""The headers that restrict a browser, and the checks of a deployment."""

import runpy

import pytest
from django.core.checks import run_checks

from items.models import Item
from tests.examples import ID, STORED

HTML = "text/html"
ANSWERS = {
    "JSON": ("/", "*/*", 200),
    "page": ("/", HTML, 200),
    "Swagger UI": ("/docs", HTML, 200),
    "Redoc": ("/redoc", HTML, 200),
    "without credentials": ("/v1/items", HTML, 401),
    "nowhere": ("/nowhere", "*/*", 404),
    "static file": ("/static/fastapi_mongo_site/icon.svg", "*/*", 200),
}


@pytest.fixture(params=ANSWERS.values(), ids=ANSWERS.keys())
def answer(client, request):
    path, accept, status = request.param
    response = client.get(path, HTTP_ACCEPT=accept)
    response.close()
    assert response.status_code == status
    return response


def test_every_answer_has_the_headers(answer):
    expected = {
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    assert {name: answer.get(name) for name in expected} == expected


def test_no_answer_is_for_the_pages_of_other_origins(answer):
    assert "Access-Control-Allow-Origin" not in answer


def test_every_answer_has_a_policy_that_lets_no_inline_script_run(answer):
    policy = dict(part.split(" ", 1) for part in answer["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in answer["Content-Security-Policy"]


def test_page_that_explains_an_error_in_debug_keeps_its_styles(client, settings):
    settings.DEBUG = True
    response = client.get("/nowhere")
    assert b"<style>" in response.content
    assert "Content-Security-Policy" not in response


def test_page_that_explains_an_error_in_debug_shows_no_secret(client, settings, monkeypatch):
    settings.DEBUG = True
    monkeypatch.setitem(
        settings.DATABASES["default"], "CLIENT", {"host": "mongodb://u:let-me-in@h"}
    )
    # Granian copies the environment into the request.
    secrets = {"SERVICE_PWD": "let-me-in", "MONGO_URL": "mongodb://u:let-me-in@h"}
    response = client.get("/", headers={"Host": "evil.example"}, **secrets)
    assert response.status_code == 400
    assert b"SERVICE_PWD" in response.content
    assert b"let-me-in" not in response.content


ITEM = f"/v1/items/{ID}"
API = {
    "item": ("GET", ITEM, {}, 200),
    "item that is known": ("GET", ITEM, {"If-None-Match": "*"}, 304),
    "page for a browser": ("GET", ITEM, {"Accept": HTML}, 200),
    "list": ("GET", "/v1/items", {}, 200),
    "query": ("GET", "/v1/items/?name=Hammer", {}, 200),
    "export": ("GET", "/v1/items?format=csv", {}, 200),
    "change": ("PUT", f"{ITEM}?count=1", {}, 200),
    "deletion": ("DELETE", ITEM, {}, 204),
    "no item": ("GET", f"{ITEM[:-1]}0", {}, 404),
    "no argument": ("GET", "/v1/items?limit=x", {}, 400),
    "no path": ("GET", "/v1/nowhere", {}, 404),
    "no host": ("GET", ITEM, {"Host": "evil.example"}, 400),
    "page of another site": ("DELETE", ITEM, {"Sec-Fetch-Site": "cross-site"}, 403),
}


@pytest.mark.parametrize(("method", "path", "headers", "status"), API.values(), ids=API.keys())
def test_no_cache_keeps_what_needs_credentials(auth_client, method, path, headers, status):
    Item.objects.mongo_insert_one(dict(STORED))
    response = auth_client.generic(method, path, headers=headers)
    response.close()
    assert response.status_code == status
    kept = "private, no-cache" if "ETag" in response else "no-store"
    assert response["Cache-Control"] == kept


def test_no_cache_keeps_that_credentials_are_asked_for(client):
    assert client.get(ITEM)["Cache-Control"] == "no-store"


def test_a_client_may_keep_an_item_and_asks_whether_it_is_current(auth_client):
    Item.objects.mongo_insert_one(dict(STORED))
    assert auth_client.get(ITEM)["Cache-Control"] == "private, no-cache"


def test_nonce_of_redoc_is_good_for_one_answer(client):
    policies = [client.get("/redoc")["Content-Security-Policy"] for _ in range(2)]
    assert policies[0] != policies[1]


# TLS


@pytest.fixture
def configure(settings, monkeypatch):
    """Apply the settings as another environment would make them."""

    def configure(**environ):
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        made = runpy.run_path(str(settings.BASE_DIR / "fastapi_mongo_site" / "settings.py"))
        for name, value in made.items():
            if name.startswith(("SECURE_", "SILENCED_", "REST_")) or name in environ:
                setattr(settings, name, value)

    return configure


@pytest.mark.parametrize(
    ("tls", "forwarded", "scheme", "hsts"),
    [
        ("on", "https", "https", "max-age=31536000"),
        ("on", "http", "http", None),
        ("off", "https", "http", None),
    ],
)
def test_hsts_and_https_need_the_setting_and_the_proxys_word(
    client, configure, tls, forwarded, scheme, hsts
):
    configure(TLS=tls)
    response = client.get("/", HTTP_X_FORWARDED_PROTO=forwarded)
    assert response.wsgi_request.scheme == scheme
    assert response.get("Strict-Transport-Security") == hsts


def warnings():
    messages = run_checks(include_deployment_checks=True)
    return [message.id for message in messages if not message.is_silenced()]


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"HOST": "localhost"},
        {"HOST": "::1"},
        {"HOST": "0.0.0.0", "TLS": "on", "NUM_PROXIES": "1"},
    ],
    ids=str,
)
def test_check_of_a_deployment_is_clean(configure, environ):
    configure(**environ)
    assert warnings() == []


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "service.example"])
def test_listening_beyond_this_machine_without_tls_is_warned_about(configure, host):
    configure(HOST=host)
    assert warnings() == ["site.W001"]

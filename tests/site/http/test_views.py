"""The views, for clients that get JSON."""

import gc
import weakref

import orjson
import pytest
from django.test import RequestFactory

from fastapi_mongo_site.http.request import Handler
from tests.examples import ID, OTHER_ID, SENT, STORED
from tests.support.accounts import AUTHORIZATION, basic
from tests.support.database import store

REQUESTS = {
    "read": ("GET", f"/v1/items/{ID}", AUTHORIZATION, 200),
    "change": ("PUT", f"/v1/items/{ID}?count=3", AUTHORIZATION, 200),
    "delete": ("DELETE", f"/v1/items/{ID}", AUTHORIZATION, 204),
    "list": ("GET", "/v1/items", AUTHORIZATION, 200),
    "query": ("GET", "/v1/items/?name=Hammer", AUTHORIZATION, 200),
    "create": ("POST", "/v1/items", AUTHORIZATION, 201),
    "unknown id": ("GET", f"/v1/items/{OTHER_ID}", AUTHORIZATION, 404),
    "unknown argument": ("GET", "/v1/items?colour=red", AUTHORIZATION, 400),
    "unknown method": ("PATCH", "/v1/items", AUTHORIZATION, 405),
    "unknown secret": ("GET", "/v1/items", {"Authorization": basic("x", "y")}, 401),
    "no credentials": ("GET", f"/v1/items/{ID}", {}, 401),
    "health": ("GET", "/health", {}, 200),
}


class Mark:
    """Something that a request holds."""


@pytest.fixture
def no_collector():
    """Let no garbage be collected."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("service_user", "no_collector")
@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_is_let_go_when_it_is_answered(name):
    store([STORED])
    method, path, headers, status = REQUESTS[name]
    body = {"data": orjson.dumps(SENT), "content_type": "application/json"}
    environ = (
        RequestFactory()
        .generic(method, path, **(body if method == "POST" else {}), headers=headers)
        .environ
    )
    environ["mark"] = Mark()
    mark = weakref.ref(environ["mark"])
    statuses = []
    Handler()(environ, lambda line, headers: statuses.append(int(line[:3]))).close()
    del environ
    assert statuses == [status]
    assert mark() is None

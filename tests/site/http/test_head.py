"""Every head is held to ALLOWED_HOSTS and to lengths, and what is remembered of it is small."""

import pytest
from django.core.exceptions import DisallowedHost
from django.http import HttpResponse
from django.test import RequestFactory

from fastapi_mongo_site.http.head import MAX_REMEMBERED_HOSTS, HeadMiddleware
from fastapi_mongo_site.http.request import MAX_PARSED_CHARACTERS


@pytest.fixture
def middleware():
    return HeadMiddleware(lambda request: HttpResponse())


def ask(middleware, host):
    return middleware(RequestFactory().get("/", HTTP_HOST=host)).status_code


def test_a_foreign_host_is_refused_beside_a_remembered_one(middleware):
    assert [ask(middleware, "localhost") for _ in range(2)] == [200, 200]
    with pytest.raises(DisallowedHost):
        ask(middleware, "evil.example")


def test_a_host_of_any_length_is_answered_and_not_kept(middleware):
    assert ask(middleware, f"localhost:{'0' * 300_000}") == 200
    assert middleware.allowed == set()


def test_no_more_hosts_are_kept_than_a_few(middleware, settings):
    settings.ALLOWED_HOSTS = ["*"]
    for number in range(MAX_REMEMBERED_HOSTS + 9):
        ask(middleware, f"h{number}")
    assert len(middleware.allowed) == MAX_REMEMBERED_HOSTS


def test_a_long_accept_header_is_refused_and_not_parsed(middleware):
    accept = "application/problem+json;x=".ljust(MAX_PARSED_CHARACTERS + 1, "y")
    response = middleware(RequestFactory().get("/", HTTP_ACCEPT=accept))
    assert (response.status_code, response["Content-Type"]) == (431, "application/json")

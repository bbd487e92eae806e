"""The request as the service reads it."""

import pytest
import rest_framework.request
from django.http.request import HttpHeaders
from django.test import RequestFactory
from rest_framework.exceptions import UnsupportedMediaType

from fastapi_mongo_site.http.parsers import JSONParser
from fastapi_mongo_site.http.request import MAX_PARSED_CHARACTERS, Headers, Request

ENVIRON = {"PATH": "/bin", "HTTP_IF_MATCH": '"a"', "CONTENT_TYPE": "text/plain", "HTTP_X_A": ""}


def test_headers_are_those_that_django_gives():
    headers, django = Headers(ENVIRON), HttpHeaders(ENVIRON)
    assert dict(headers) == dict(django)
    assert len(headers) == len(django)


def test_a_header_that_passes_for_another_is_left_out():
    environ = {"HTTP_CONTENT_TYPE": "text/html", "HTTP_CONTENT_LENGTH": "5", **ENVIRON}
    assert dict(Headers(environ)) == dict(Headers(ENVIRON))


@pytest.mark.parametrize("name", ["If-Match", "if-match", "IF_MATCH", "Content-Type", "x-a"])
def test_a_header_is_found_in_any_spelling(name):
    assert Headers(ENVIRON)[name] == HttpHeaders(ENVIRON)[name]


@pytest.mark.parametrize("name", ["ETag", "PATH", ""])
def test_what_is_no_header_of_the_request_is_not_found(name):
    assert name not in Headers(ENVIRON)
    assert Headers(ENVIRON).get(name) is None


def test_arguments_are_utf_8_whatever_charset_the_body_declares():
    environ = RequestFactory().get("/?name=%C3%A9", CONTENT_TYPE="text/plain; charset=latin-1")
    request = Request(environ.environ)
    assert request.GET["name"] == "é"
    assert request.content_params == {"charset": "latin-1"}
    assert request.META["CONTENT_TYPE"] == "text/plain; charset=latin-1"


def test_a_long_type_is_not_parsed():
    long = "text/plain;x=".ljust(MAX_PARSED_CHARACTERS + 1, "y")
    request = Request(RequestFactory().get("/", CONTENT_TYPE=long).environ)
    assert (request.content_params, request.META["CONTENT_TYPE"]) == ({}, long)


def test_type_that_is_sent_as_another_header_is_no_content_type():
    environ = RequestFactory().post("/", HTTP_CONTENT_TYPE="application/json").environ
    del environ["CONTENT_TYPE"]
    request = rest_framework.request.Request(Request(environ))
    with pytest.raises(UnsupportedMediaType):
        JSONParser().parse(environ["wsgi.input"], None, {"request": request})

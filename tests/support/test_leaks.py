"""The search for passwords in logs finds them."""

import logging

import pytest

from fastapi_mongo_site.logs.lines import lines
from tests.support import leaks
from tests.support.accounts import basic
from tests.support.leaks import leaked, searched
from tests.support.service import Service

# Not one that the search of the whole run knows.
SECRET = "a-secret-of-this-test:é"


@pytest.mark.parametrize("user", ["tester", "x", "xy"])
def test_a_header_with_the_password_is_found(user):
    header = basic(user, SECRET)
    leaks.PASSWORDS.discard(SECRET)
    assert leaked([f"before {header} after"], {SECRET}) != []


@pytest.mark.parametrize("line", [f"it is {SECRET}!", repr({"password": SECRET})])
def test_the_password_is_found_in_a_line(line):
    assert leaked([line], {SECRET}) == [line]


def test_a_line_without_the_password_is_not_found():
    assert leaked(["a secret of this test"], {SECRET}) == []


@pytest.mark.parametrize(
    ("arguments", "extra"),
    [(("it is %s", SECRET), {}), (("nothing",), {"facts": {"password": SECRET}})],
    ids=["message", "facts"],
)
def test_a_record_of_any_logger_with_the_password_is_a_failure(arguments, extra):
    with pytest.raises(AssertionError, match="a-secret-of-this-test"), searched([], {SECRET}):
        logging.getLogger("somebody").warning(*arguments, extra=extra)


def test_a_line_of_a_request_with_the_password_is_a_failure(monkeypatch):
    texts = []
    monkeypatch.setattr(leaks, "TEXTS", texts)
    lines.add("requests", "request", lambda path: {"path": path}, f"/{SECRET}")
    lines.flush()
    assert leaked(texts, {SECRET}) != []


def test_a_traceback_with_the_password_is_a_failure():
    with pytest.raises(AssertionError, match="a-secret-of-this-test"), searched([], {SECRET}):
        try:
            raise ValueError(SECRET)
        except ValueError:
            logging.getLogger("somebody").exception("nothing")


def test_what_a_service_prints_is_searched():
    with Service("--version") as service:
        printed = service.output()
    assert printed
    assert printed in leaks.TEXTS

"""SECURITY.md names tests that are there."""

import re

import pytest

from tests.support.service import PROJECT

TEXT = (PROJECT / "SECURITY.md").read_text()
NAME = r"`((?:\w+/)+test_\w+\.py)::(test_\w+)`"


@pytest.mark.parametrize(("file", "test"), re.findall(NAME, TEXT))
def test_promise_has_its_test(file, test):
    tests = (PROJECT / "tests" / file).read_text()
    assert re.search(rf"^(def )?{test}(\(| = )", tests, re.MULTILINE)


def test_every_promise_names_a_test():
    rows = re.findall(r"^\| (?!Promise|---).*", TEXT, re.MULTILINE)
    assert rows
    assert [row for row in rows if not re.search(NAME, row)] == []

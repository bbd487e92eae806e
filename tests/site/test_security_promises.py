"""SECURITY.md names tests that are there."""

import re

import pytest

from tests.support.service import PROJECT

PROMISES = re.findall(r"`(\w+/test_\w+\.py)::(test_\w+)`", (PROJECT / "SECURITY.md").read_text())


@pytest.mark.parametrize(("file", "test"), PROMISES)
def test_promise_has_its_test(file, test):
    assert re.search(rf"^def {test}\(", (PROJECT / "tests" / file).read_text(), re.MULTILINE)


def test_every_promise_names_a_test():
    rows = re.findall(r"^\| (?!Promise|---).*", (PROJECT / "SECURITY.md").read_text(), re.MULTILINE)
    assert rows
    assert [row for row in rows if not re.search(r"`\w+/test_\w+\.py::test_\w+`", row)] == []

import pytest

from tests.support.unique_ids import refuse_shared


def test_an_id_that_two_tests_share_is_an_error():
    with pytest.raises(pytest.UsageError, match="2 tests share the id a"):
        refuse_shared(["a", "b", "a"])


def test_ids_that_differ_are_none():
    refuse_shared(["a", "b"])

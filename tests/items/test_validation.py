"""Bodies are validated as REST framework validates them: with the same values and messages."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.serializers import Serializer, ValidationError

from items.documents import COLUMNS
from items.serializers import ADJUSTMENT, BULK_CHANGE, ITEM_CHANGES, NEW_ITEM
from tests.examples import ID

TEXTS = [None, "", "a", "x" * 101, "tools", ID, ID.upper()]
VALUES = st.sampled_from([*TEXTS, 0, 3, -1, 2.5, Decimal("9.99"), True, [], {}])


def outcome(validate, *arguments):
    try:
        return validate(*arguments)
    except ValidationError as error:
        return repr(error.detail)


@pytest.mark.random
@pytest.mark.parametrize("serializer", [NEW_ITEM, ITEM_CHANGES, BULK_CHANGE, ADJUSTMENT])
@given(body=st.dictionaries(st.sampled_from([*COLUMNS, "delta"]), VALUES) | VALUES)
def test_body_comes_to_what_rest_framework_makes_of_it(serializer, body):
    if isinstance(body, dict):
        body = {name: value for name, value in body.items() if name in serializer.fields}
    expected = outcome(Serializer.to_internal_value, serializer, body)
    assert outcome(serializer.to_internal_value, body) == expected

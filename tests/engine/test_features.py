"""The feature flags say what djongo and Django do not say already."""

import pytest
from django.db import connection
from djongo.features import DatabaseFeatures as DjongoFeatures

from djongo_engine.features import DatabaseFeatures

OWN = [name for name in vars(DatabaseFeatures) if not name.startswith("_")]


@pytest.mark.parametrize("flag", OWN)
def test_flag_differs_from_the_one_it_replaces(flag):
    assert getattr(connection.features, flag) != getattr(DjongoFeatures(connection), flag)

"""Queries of no table: Django's `Q.check()`, by which a model's constraints are validated."""

import pytest
from django.core.exceptions import ValidationError
from django.db.models import Avg, CheckConstraint, Exists, IntegerField, Q, Value
from django.db.models.sql import Query
from django.db.models.sql.constants import SINGLE

from tests.engine.engine_models.models import Record

pytestmark = pytest.mark.django_db(databases=["default", "sqlite"])


@pytest.mark.parametrize("using", ["default", "sqlite"])
@pytest.mark.parametrize(
    ("condition", "values", "holds"),
    [
        (Q(price__gt=20), {"price": 30}, True),
        (Q(price__gt=20), {"price": 20}, False),
        # SQL's unknown violates no constraint.
        (Q(price__gt=20), {"price": Value(None, IntegerField())}, True),
        (~Q(name__startswith="a") | Q(price=1), {"name": "ab", "price": 1}, True),
        (~Q(name__startswith="a") | Q(price=1), {"name": "ab", "price": 2}, False),
        (Q(name__in=["a", "b"]), {"name": "c"}, False),
    ],
)
def test_values_are_checked_against_a_condition(condition, values, holds, using):
    assert condition.check(values, using=using) is holds


def test_check_constraint_is_validated():
    positive = CheckConstraint(condition=Q(number__gt=0), name="positive")
    positive.validate(Record, Record(number=1))
    with pytest.raises(ValidationError, match="positive"):
        positive.validate(Record, Record(number=0))


def selected(expression):
    query = Query(None)
    query.add_annotation(expression, "found")
    return query.get_compiler(using="default").execute_sql(SINGLE)


def test_expression_of_no_table_has_a_value():
    assert selected(Exists(Record.objects.all())) == (False,)
    assert selected(Value(1)) == (1,)


def test_aggregate_of_no_table_is_of_one_row():
    assert selected(Avg(Value(3))) == (3,)

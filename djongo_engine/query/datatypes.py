"""Which kind of value an expression has, so that only like is compared with like.

MongoDB orders values of different types by type and finds none equal to another; SQL databases
convert them, each in its own way. So the engine refuses to mix types, except numbers that compare
exactly.
"""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import FieldError
from django.db import models
from django.db.models import aggregates, expressions
from django.db.models.functions import Coalesce, Concat
from django.db.models.lookups import Lookup
from django.db.models.sql.where import WhereNode
from djongo.models.fields import GenericObjectIdField

from djongo_engine.errors import refuse

INTEGER, FLOAT, DECIMAL, TEXT, BINARY = "integer", "float", "decimal", "text", "binary"
NUMBERS = {INTEGER, FLOAT, DECIMAL}
_KINDS = (
    (models.IntegerField, INTEGER),
    (models.FloatField, FLOAT),
    (models.DecimalField, DECIMAL),
    (models.CharField, TEXT),
    (models.TextField, TEXT),
    (models.BinaryField, BINARY),
    (GenericObjectIdField, "ObjectId"),
    # A DateTimeField is a DateField to Python.
    (models.DateTimeField, "datetime"),
)
_CONDITIONS = (WhereNode, Lookup, expressions.Exists, expressions.NegatedExpression)


def is_condition(expression: Any) -> bool:
    """Tell whether an expression is a condition, which is true, false or NULL."""
    while type(expression) is expressions.ExpressionWrapper:
        expression = expression.expression
    return isinstance(expression, _CONDITIONS)


def field_of(expression: Any) -> Any:
    """Return the field whose values an expression has; None where Django cannot tell it."""
    try:
        return expression.output_field
    except (AttributeError, FieldError):
        # AttributeError: a condition has none.
        return None


def kind_of_field(field: Any) -> Any:
    """Return the kind of a field's values: one of the names above, else the field's class."""
    while getattr(field, "remote_field", None):
        field = field.target_field
    for class_, kind in _KINDS:
        if isinstance(field, class_):
            return kind
    return type(field)


def kind_of(expression: Any) -> Any:
    """Return the kind of an expression's values; None for NULL.

    Raises NotSupportedError for an expression of mixed kinds, or whose declared `output_field`
    is of another kind than its values: SQL would have to cast them.
    """
    actual = _actual(expression)
    declared = _declared(expression)
    if actual is None or declared is None or actual == declared:
        return actual
    if not (actual == INTEGER and declared in NUMBERS):
        refuse(f"an output_field that casts {_name(actual)} to {_name(declared)}")
    return actual


def _declared(expression: Any) -> Any:
    field = field_of(expression)
    return None if field is None else kind_of_field(field)


def _actual(expression: Any) -> Any:
    class_: type = type(expression)
    if isinstance(expression, expressions.Ref):
        return kind_of(expression.source)
    if class_ is expressions.ExpressionWrapper:
        return kind_of(expression.expression)
    if class_ is expressions.Value and expression.value is None:
        return None
    if class_ is expressions.CombinedExpression:
        return common([expression.lhs, expression.rhs])
    if class_ is Coalesce:
        return common(expression.get_source_expressions())
    if class_ is expressions.Case:
        return common([*(case.result for case in expression.cases), expression.default])
    if class_ in (aggregates.Sum, aggregates.Min, aggregates.Max):
        return kind_of(expression.source_expressions[0])
    if class_ is aggregates.Avg:
        source = kind_of(expression.source_expressions[0])
        return FLOAT if source == INTEGER else source
    return _declared(expression)


def common(sides: Iterable[Any]) -> Any:
    """Return the one kind of all these expressions; of numbers, the one that holds all.

    Raises NotSupportedError when there is none. A float and a decimal have none: the double
    0.1 is not the decimal 0.1.
    """
    kinds = {kind for side in sides if (kind := kind_of(side)) is not None}
    if len(kinds) > 1 and kinds <= NUMBERS:
        kinds.discard(INTEGER)
    if len(kinds) > 1:
        refuse(f"a mix of {' and '.join(sorted(map(_name, kinds)))} in one expression")
    return kinds.pop() if kinds else None


def may_be_null(expression: Any) -> bool:
    """Tell whether an expression over the columns of one table can be NULL."""
    class_: type = type(expression)
    if class_ is expressions.Value:
        return expression.value is None
    if class_ is expressions.Col:
        return bool(expression.target.null)
    if class_ is expressions.Case:
        results = [*(case.result for case in expression.cases), expression.default]
        return any(map(may_be_null, results))
    sources = expression.get_source_expressions()
    if class_ is Coalesce:
        return all(map(may_be_null, sources))
    # Django's Concat takes NULL for an empty text; a comparison with NULL is NULL.
    return class_ is not Concat and any(map(may_be_null, sources))


def refuse_order_of_binary(expression: Any) -> None:
    """Refuse to order bytes: MongoDB orders them by length first, SQL by their values."""
    if kind_of(expression) == BINARY:
        refuse("an order of a BinaryField")


def _name(kind: Any) -> str:
    return kind if isinstance(kind, str) else str(kind.__name__)

"""Django's expressions as MongoDB aggregation expressions."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import expressions, functions
from django.db.models.functions.text import ConcatPair

from djongo_engine.errors import refuse
from djongo_engine.query import dates
from djongo_engine.query.columns import Columns
from djongo_engine.query.datatypes import NUMBERS, TEXT, field_of, is_condition, kind_of
from djongo_engine.query.documents import Document, is_null
from djongo_engine.values import scalar

_ARITHMETIC = {"+": "$add", "-": "$subtract", "*": "$multiply"}


class ExpressionTranslator(Columns, ABC):
    """Translates the expressions of one query; one that may hold conditions says `test`."""

    def __init__(self, compiler: Any, root: str, joined: Iterable[str] = ()) -> None:
        """Take the compiler, whose connection converts values, and the aliases of `Columns`."""
        super().__init__(root, joined)
        self.compiler = compiler
        self.connection = compiler.connection

    @abstractmethod
    def test(self, condition: Any) -> tuple[Any, Any]:
        """Return two expressions: whether a condition is true, and whether it is false."""

    def value(self, expression: Any) -> Any:
        """Return the aggregation expression for a Django expression.

        Raises NotSupportedError for an expression without a proven translation.
        """
        if path := self.path(expression):
            return f"${path}"
        kind = type(expression)
        if isinstance(expression, expressions.Ref):
            return self.value(expression.source)
        if kind is expressions.ExpressionWrapper:
            return self.value(expression.expression)
        if kind is expressions.Value:
            return {"$literal": self.constant(expression)}
        if is_condition(expression):
            true, false = self.test(expression)
            return {"$cond": [true, True, {"$cond": [false, False, None]}]}
        kind_of(expression)  # refuses an expression of mixed kinds
        if kind in dates.EXTRACTS:
            return dates.extract(expression, self.value)
        if kind in dates.TRUNCS:
            return dates.trunc(expression, self.value)
        if make := _TRANSLATIONS.get(kind):
            return make(self, expression)
        refuse(f"the expression {kind.__name__}")

    def constant(self, value: expressions.Value) -> Any:
        """Return what a Value stores, converted by its field as Django does."""
        field = field_of(value)
        if field is None:
            return scalar(value.value)
        convert = field.get_db_prep_save if value.for_save else field.get_db_prep_value
        return scalar(convert(value.value, connection=self.connection))


def _arguments(translator: ExpressionTranslator, expression: Any) -> list[Any]:
    return [translator.value(source) for source in expression.get_source_expressions()]


def _require(kinds: set[Any], expression: Any, what: str) -> None:
    """Refuse an expression with an argument of another kind."""
    for source in expression.get_source_expressions():
        if (kind := kind_of(source)) not in kinds and kind is not None:
            refuse(f"{what} of a {type(source.output_field).__name__}")


def _case(translator: ExpressionTranslator, case: expressions.Case) -> Any:
    default = translator.value(case.default)
    if not case.cases:
        return default
    if any(type(when) is not expressions.When for when in case.cases):
        refuse("an unknown When()")
    branches = [
        {"case": translator.test(when.condition)[0], "then": translator.value(when.result)}
        for when in case.cases
    ]
    return {"$switch": {"branches": branches, "default": default}}


def _combined(translator: ExpressionTranslator, combined: expressions.CombinedExpression) -> Any:
    _require(NUMBERS, combined, "arithmetic")
    operator = _ARITHMETIC.get(combined.connector)
    if operator is None:
        refuse(f"the operator {combined.connector}")
    return {operator: _arguments(translator, combined)}


def _coalesce(translator: ExpressionTranslator, coalesce: functions.Coalesce) -> Document:
    return {"$ifNull": _arguments(translator, coalesce)}


def _abs(translator: ExpressionTranslator, function: functions.Abs) -> Document:
    _require(NUMBERS, function, "Abs")
    (number,) = _arguments(translator, function)
    return {"$abs": number}


def _length(translator: ExpressionTranslator, function: functions.Length) -> Document:
    _require({TEXT}, function, "Length")
    (text,) = _arguments(translator, function)
    # $strLenCP fails for null, and a server may evaluate both branches.
    return {"$cond": [is_null(text), None, {"$strLenCP": {"$ifNull": [text, ""]}}]}


def _concat(translator: ExpressionTranslator, concat: functions.Concat) -> Any:
    (pair,) = concat.get_source_expressions()
    return translator.value(pair)


def _concat_pair(translator: ExpressionTranslator, pair: ConcatPair) -> Document:
    _require({TEXT}, pair, "Concat")
    # Django's Concat takes NULL for an empty text.
    return {"$concat": [{"$ifNull": [text, ""]} for text in _arguments(translator, pair)]}


_TRANSLATIONS: dict[type, Callable[[ExpressionTranslator, Any], Any]] = {
    expressions.Case: _case,
    expressions.CombinedExpression: _combined,
    functions.Coalesce: _coalesce,
    functions.Abs: _abs,
    functions.Length: _length,
    functions.Concat: _concat,
    ConcatPair: _concat_pair,
}

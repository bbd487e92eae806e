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

    def __init__(self, compiler: Any, base_alias: str, joined: Iterable[str] = ()) -> None:
        """Take the compiler, whose connection converts values, and the aliases of `Columns`."""
        super().__init__(base_alias, joined)
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

    def _arguments(self, expression: Any) -> list[Any]:
        return [self.value(source) for source in expression.get_source_expressions()]

    def _case(self, case: expressions.Case) -> Any:
        default = self.value(case.default)
        if not case.cases:
            return default
        if any(type(when) is not expressions.When for when in case.cases):
            refuse("an unknown When()")
        branches = [
            {"case": self.test(when.condition)[0], "then": self.value(when.result)}
            for when in case.cases
        ]
        return {"$switch": {"branches": branches, "default": default}}

    def _combined(self, combined: expressions.CombinedExpression) -> Document:
        _require(NUMBERS, combined, "arithmetic")
        operator = _ARITHMETIC.get(combined.connector)
        if operator is None:
            refuse(f"the operator {combined.connector}")
        return {operator: self._arguments(combined)}

    def _coalesce(self, coalesce: functions.Coalesce) -> Document:
        return {"$ifNull": self._arguments(coalesce)}

    def _abs(self, function: functions.Abs) -> Document:
        _require(NUMBERS, function, "Abs")
        return {"$abs": self._arguments(function)[0]}

    def _length(self, function: functions.Length) -> Document:
        _require({TEXT}, function, "Length")
        (text,) = self._arguments(function)
        return {"$cond": [is_null(text), None, {"$strLenCP": text}]}

    def _concat(self, concat: functions.Concat) -> Any:
        (pair,) = concat.get_source_expressions()
        return self.value(pair)

    def _concat_pair(self, pair: ConcatPair) -> Document:
        _require({TEXT}, pair, "Concat")
        # Django's Concat takes NULL for an empty text.
        return {"$concat": [{"$ifNull": [text, ""]} for text in self._arguments(pair)]}


_TRANSLATIONS: dict[type, Callable[[ExpressionTranslator, Any], Any]] = {
    expressions.Case: ExpressionTranslator._case,
    expressions.CombinedExpression: ExpressionTranslator._combined,
    functions.Coalesce: ExpressionTranslator._coalesce,
    functions.Abs: ExpressionTranslator._abs,
    functions.Length: ExpressionTranslator._length,
    functions.Concat: ExpressionTranslator._concat,
    ConcatPair: ExpressionTranslator._concat_pair,
}


def _require(kinds: set[Any], expression: Any, what: str) -> None:
    """Refuse an expression with an argument of another kind."""
    for source in expression.get_source_expressions():
        if (kind := kind_of(source)) not in kinds and kind is not None:
            refuse(f"{what} of a {type(source.output_field).__name__}")

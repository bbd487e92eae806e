"""The translator of one query: expressions may hold conditions, and conditions expressions."""

from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models.sql.where import WhereNode

from djongo_engine.query.conditions import ConditionTranslator
from djongo_engine.query.documents import Document
from djongo_engine.query.expressions import ExpressionTranslator
from djongo_engine.query.filters import EVERYTHING, NOTHING, as_expression


class Translator(ExpressionTranslator):
    """Translates the expressions and the conditions of one query."""

    def test(self, condition: Any) -> tuple[Any, Any]:
        """Return two expressions: whether a condition is true, and whether it is false."""
        true, false = ConditionTranslator(self, computed=True).condition(condition)
        return as_expression(true), as_expression(false)

    def filter(self, where: WhereNode | None) -> Document:
        """Return the filter for a WHERE or HAVING tree.

        Raises EmptyResultSet when no document can match, NotSupportedError for a condition
        without a proven translation.
        """
        if where is None:
            return EVERYTHING
        true = ConditionTranslator(self).condition(where).true
        if true == NOTHING:
            raise EmptyResultSet
        return true

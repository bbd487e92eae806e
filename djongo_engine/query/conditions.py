"""Django's WHERE tree as MongoDB filters, in SQL's three-valued logic.

Each condition becomes two filters: the documents for which it is true, and those for which it
is false. With a NULL a comparison is neither. So NOT swaps the two, AND and OR combine them by
De Morgan, and NOT needs none of the `IS NOT NULL` that Django adds to its SQL.
"""

from typing import Any

from django.core.exceptions import EmptyResultSet, FullResultSet
from django.db.models import lookups
from django.db.models.expressions import (
    Exists,
    ExpressionWrapper,
    NegatedExpression,
)
from django.db.models.fields import related_lookups
from django.db.models.functions import ExtractIsoYear, ExtractYear
from django.db.models.sql import Query
from django.db.models.sql.where import AND, OR, XOR, NothingNode, WhereNode

from djongo_engine.errors import refuse
from djongo_engine.query import subqueries
from djongo_engine.query.datatypes import common, is_condition, refuse_order_of_binary
from djongo_engine.query.documents import Document, is_null
from djongo_engine.query.equivalents import equivalent
from djongo_engine.query.expressions import ExpressionTranslator
from djongo_engine.query.filters import (
    ALWAYS,
    NEVER,
    NOTHING,
    Condition,
    all_of,
    any_of,
    of_values,
    parity,
)
from djongo_engine.query.lookups import COMPARISONS, MEMBERSHIPS, YEARS, test_of, year_test
from djongo_engine.values import in_order, scalar


class ConditionTranslator:
    """Translates the conditions of one query."""

    def __init__(self, expressions: ExpressionTranslator, *, computed: bool = False) -> None:
        """Take what translates the expressions inside; if `computed`, make every filter an `$expr`.

        Only those can be read as expressions (`filters.as_expression`).
        """
        self.expressions = expressions
        self.compiler = expressions.compiler
        self.connection = expressions.connection
        self.computed = computed

    def condition(self, node: Any) -> Condition:
        """Return a condition as two filters.

        Raises NotSupportedError for a condition without a proven translation.
        """
        kind = type(node)
        if kind is WhereNode:
            return self._tree(node)
        if kind is NothingNode:
            return NEVER
        if kind is ExpressionWrapper:
            return self.condition(node.expression)
        if kind is NegatedExpression:
            return self.condition(node.expression).negated()
        if kind is Exists:
            return self._exists(node)
        if isinstance(node, lookups.Lookup):
            try:
                return self._lookup(node)
            except EmptyResultSet:
                return NEVER
            except FullResultSet:
                return ALWAYS
        refuse(f"the condition {kind.__name__}")

    def _tree(self, node: WhereNode) -> Condition:
        if not node.children:
            return ALWAYS
        children = [self.condition(child) for child in node.children]
        if node.connector == AND:
            condition = Condition(
                all_of(child.true for child in children),
                any_of(child.false for child in children),
            )
        elif node.connector == OR:
            condition = Condition(
                any_of(child.true for child in children),
                all_of(child.false for child in children),
            )
        elif node.connector == XOR:
            condition = parity([child.true for child in children])
        else:
            refuse(f"the connector {node.connector}")
        return condition.negated() if node.negated else condition

    def _lookup(self, lookup: Any) -> Condition:
        kind = type(lookup)
        if lookup.bilateral_transforms:
            refuse("a bilateral transform")
        if condition := equivalent(lookup):
            return self.condition(condition)
        if kind is lookups.Exact and is_condition(lookup.lhs) and isinstance(lookup.rhs, bool):
            condition = self.condition(lookup.lhs)
            return condition if lookup.rhs else condition.negated()
        if kind in YEARS and (path := self._year_path(lookup)):
            return self._of(lookup, path, year_test(lookup, self.connection))
        path = self._path(lookup.lhs)
        if kind in (lookups.IsNull, related_lookups.RelatedIsNull):
            return self._isnull(lookup, path)
        if kind in MEMBERSHIPS:
            return self._in(lookup, path)
        if not lookup.rhs_is_direct_value():
            return self._compare(lookup)
        return self._of(lookup, path, test_of(lookup, self.compiler))

    def _path(self, expression: Any) -> str | None:
        return None if self.computed else self.expressions.path(expression)

    def _of(self, lookup: Any, path: str | None, test: Document) -> Condition:
        """Return the condition that a test makes of the left side of a lookup."""
        if path:
            return Condition({path: test}, {path: {"$not": test, "$ne": None}})
        value = self.expressions.value(lookup.lhs)
        if "$regex" in test:
            pattern = {"regex": {"$literal": test["$regex"]}, "options": test["$options"]}
            return of_values([value], {"$regexMatch": {"input": value, **pattern}})
        tests = [{operator: [value, {"$literal": test[operator]}]} for operator in test]
        return of_values([value], {"$and": tests})

    def _year_path(self, lookup: Any) -> str | None:
        """Return the path of the date in `date__year=2026`, None if no field holds it."""
        is_year = type(lookup.lhs) in (ExtractYear, ExtractIsoYear)
        return self._path(lookup.lhs.lhs) if is_year and lookup.rhs_is_direct_value() else None

    def _isnull(self, lookup: Any, path: str | None) -> Condition:
        if not isinstance(lookup.rhs, bool):
            raise ValueError("The QuerySet value for an isnull lookup must be True or False.")
        if path:
            condition = Condition({path: None}, {path: {"$ne": None}})
        else:
            test = is_null(self.expressions.value(lookup.lhs))
            condition = Condition({"$expr": test}, {"$expr": {"$not": [test]}})
        return condition if lookup.rhs else condition.negated()

    def _in(self, lookup: Any, path: str | None) -> Condition:
        if isinstance(lookup.rhs, Query):
            values = subqueries.column(lookup, self.compiler)
        elif not lookup.rhs_is_direct_value():
            refuse(f"IN with a {type(lookup.rhs).__name__}")
        else:
            _, params = lookup.get_db_prep_lookup(lookup.rhs, self.connection)
            # As Django does: a NULL in the list equals nothing, and is dropped.
            values = [scalar(value) for value in params if value is not None]
        if not values:
            return NEVER
        members = in_order(values)
        condition = self._of(lookup, path, {"$in": members})
        # SQL: with a NULL from a subquery among the values, NOT IN is true of nothing.
        return condition if None not in values else Condition(condition.true, NOTHING)

    def _exists(self, exists: Exists) -> Condition:
        """Return EXISTS (… WHERE inner = outer AND rest) as outer IN (SELECT inner WHERE rest).

        Like EXISTS, and unlike IN, it is never NULL.
        """
        linked = subqueries.linked(exists.query, self.connection)
        if isinstance(linked, bool):
            return ALWAYS if linked else NEVER
        outer, rows = linked
        if len(outer) == 1 and (path := self._path(outer[0])):
            members = in_order(row[0] for row in rows)
            return Condition({path: {"$in": members}}, {path: {"$nin": members}})
        # NULL equals nothing; among the outer values too, since no row is left that has one.
        known = [list(map(scalar, row)) for row in rows if None not in row]
        values = [self.expressions.value(column) for column in outer]
        test = {"$in": [values, {"$literal": known}]}
        return Condition({"$expr": test}, {"$expr": {"$not": [test]}})

    def _compare(self, lookup: Any) -> Condition:
        """Compare with an expression: `F("a") > F("b")`."""
        operator = COMPARISONS.get(type(lookup))
        if operator is None:
            refuse(f"the lookup {lookup.lookup_name} with an expression")
        if isinstance(lookup.rhs, Query):
            refuse("a comparison with a subquery")
        common([lookup.lhs, lookup.rhs])
        if operator != "$eq":
            refuse_order_of_binary(lookup.lhs)
        sides = [self.expressions.value(lookup.lhs), self.expressions.value(lookup.rhs)]
        return of_values(sides, {operator: sides})

"""Django's WHERE tree as MongoDB filters, in SQL's three-valued logic.

Each condition becomes two filters: the documents for which it is true, and those for which it
is false. A NULL makes a comparison neither, so NOT swaps the two, AND and OR combine them by
De Morgan, and no rule of Django's SQL about `IS NOT NULL` is needed to get NOT right.
"""

from typing import Any

from django.core.exceptions import EmptyResultSet, FullResultSet
from django.db.models import lookups
from django.db.models.expressions import (
    Col,
    Exists,
    ExpressionList,
    ExpressionWrapper,
    NegatedExpression,
)
from django.db.models.fields import related_lookups
from django.db.models.functions import ExtractIsoYear, ExtractYear
from django.db.models.sql import Query
from django.db.models.sql.where import AND, OR, XOR, NothingNode, WhereNode

from djongo_engine.errors import refuse
from djongo_engine.query.datatypes import common, refuse_order_of_binary
from djongo_engine.query.expressions import Document, Translator, is_condition, is_null
from djongo_engine.query.filters import (
    ALWAYS,
    EVERYTHING,
    NEVER,
    NOTHING,
    Condition,
    all_of,
    any_of,
    as_expression,
    of_values,
)
from djongo_engine.query.lookups import COMPARISONS, YEARS, test_of, year_test
from djongo_engine.values import in_order, scalar

MEMBERSHIPS = {lookups.In, related_lookups.RelatedIn}


class Conditions:
    """Translates the conditions of one query."""

    def __init__(self, compiler: Any, translator: Translator, *, computed: bool = False) -> None:
        """Use the translator's fields; the compiler converts values as Django does.

        When `computed`, every filter is an `$expr`, which `test()` needs.
        """
        self.compiler = compiler
        self.connection = compiler.connection
        self.translator = translator
        self.computed = computed

    def filter(self, where: WhereNode | None) -> Document:
        """Return the filter for a WHERE or HAVING tree.

        Raises EmptyResultSet when no document can match, NotSupportedError for a condition
        without a proven translation.
        """
        if where is None:
            return EVERYTHING
        true = self._node(where).true
        if true == NOTHING:
            raise EmptyResultSet
        return true

    def test(self, condition: Any) -> tuple[Any, Any]:
        """Return a condition as two expressions: whether it is true, and whether it is false."""
        true, false = self._node(condition)
        return as_expression(true), as_expression(false)

    def _node(self, node: Any) -> Condition:
        kind = type(node)
        if kind is WhereNode:
            return self._tree(node)
        if kind is NothingNode:
            return NEVER
        if kind is ExpressionWrapper:
            return self._node(node.expression)
        if kind is NegatedExpression:
            true, false = self._node(node.expression)
            return Condition(false, true)
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
        children = [self._node(child) for child in node.children]
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
            condition = self._xor([child.true for child in children])
        else:
            refuse(f"the connector {node.connector}")
        return Condition(condition.false, condition.true) if node.negated else condition

    @staticmethod
    def _xor(filters: list[Document]) -> Condition:
        """Return the parity: Django's XOR counts a NULL as false, so it has two values."""
        odd, even = filters[0], {"$nor": [filters[0]]}
        for true in filters[1:]:
            false = {"$nor": [true]}
            odd, even = (
                {"$or": [{"$and": [odd, false]}, {"$and": [even, true]}]},
                {"$or": [{"$and": [odd, true]}, {"$and": [even, false]}]},
            )
        return Condition(odd, even)

    def _lookup(self, lookup: Any) -> Condition:
        kind = type(lookup)
        if lookup.bilateral_transforms:
            refuse("a bilateral transform")
        if kind is lookups.Exact and is_condition(lookup.lhs) and isinstance(lookup.rhs, bool):
            true, false = self._node(lookup.lhs)
            return Condition(true, false) if lookup.rhs else Condition(false, true)
        if kind in YEARS and (path := self._year_path(lookup)):
            return self._of(lookup, path, year_test(lookup, self.connection))
        path = None if self.computed else self.translator.path(lookup.lhs)
        if kind in (lookups.IsNull, related_lookups.RelatedIsNull):
            return self._isnull(lookup, path)
        if kind in MEMBERSHIPS:
            return self._in(lookup, path)
        if not lookup.rhs_is_direct_value():
            return self._compare(lookup)
        return self._of(lookup, path, test_of(lookup, self.compiler))

    def _of(self, lookup: Any, path: str | None, test: Document) -> Condition:
        """Return the condition that a test makes of the left side of a lookup."""
        if path:
            return Condition({path: test}, {path: {"$not": test, "$ne": None}})
        value = self.translator.value(lookup.lhs)
        if "$regex" in test:
            pattern = {"regex": {"$literal": test["$regex"]}, "options": test["$options"]}
            return of_values([value], {"$regexMatch": {"input": value, **pattern}})
        tests = [{operator: [value, {"$literal": test[operator]}]} for operator in test]
        return of_values([value], {"$and": tests})

    def _year_path(self, lookup: Any) -> str | None:
        """Return the path of the date in `date__year=2026`, None if no field holds it."""
        if self.computed or type(lookup.lhs) not in (ExtractYear, ExtractIsoYear):
            return None
        return self.translator.path(lookup.lhs.lhs) if lookup.rhs_is_direct_value() else None

    def _isnull(self, lookup: Any, path: str | None) -> Condition:
        if not isinstance(lookup.rhs, bool):
            raise ValueError("The QuerySet value for an isnull lookup must be True or False.")
        if path:
            null, present = {path: None}, {path: {"$ne": None}}
        else:
            test = is_null(self.translator.value(lookup.lhs))
            null, present = {"$expr": test}, {"$expr": {"$not": [test]}}
        return Condition(null, present) if lookup.rhs else Condition(present, null)

    def _in(self, lookup: Any, path: str | None) -> Condition:
        if isinstance(lookup.rhs, Query):
            values = self._subquery(lookup.rhs, lookup.lhs)
        elif isinstance(lookup.rhs, ExpressionList) or not lookup.rhs_is_direct_value():
            refuse("IN with an expression among its values")
        else:
            if any(hasattr(value, "resolve_expression") for value in lookup.rhs):
                refuse("IN with an expression among its values")
            _, params = lookup.get_db_prep_lookup(lookup.rhs, self.connection)
            # As Django does: a NULL in the list equals nothing, and is dropped.
            values = [scalar(value) for value in params if value is not None]
        if not values:
            return NEVER
        members = in_order(values)
        condition = self._of(lookup, path, {"$in": members})
        # SQL: with a NULL from a subquery among the values, NOT IN is true of nothing.
        return condition if None not in values else Condition(condition.true, NOTHING)

    def _subquery(self, query: Query, outer: Any) -> list[Any]:
        """Run a subquery first; one that needs a column of the outer query is refused."""
        if getattr(query, "_db", None) not in (None, self.connection.alias):
            raise ValueError(
                "Subqueries aren't allowed across different databases. Force the inner query to "
                "be evaluated using `list(inner_query)`."
            )
        if not query.has_select_fields:
            query.clear_select_clause()
            query.add_fields(["pk"])
        return self._column_of(query, outer)

    def _column_of(self, query: Query, outer: Any) -> list[Any]:
        """Return the one column that a query selects, which `outer` is to be compared with."""
        if type(query) is not Query:
            refuse(f"a subquery of the class {type(query).__name__}")
        compiler = query.get_compiler(connection=self.connection)
        rows = [row[0] for chunk in compiler.execute_sql() for row in chunk]
        common([outer, compiler.select[0][0]])
        return rows

    def _exists(self, exists: Exists) -> Condition:
        """Return EXISTS (… WHERE inner = outer AND rest) as outer IN (SELECT inner WHERE rest).

        Like EXISTS, and unlike IN, it is never NULL. Any other use of an outer column is refused.
        """
        query = exists.query.clone()
        where = query.where
        links = []
        if type(where) is WhereNode and where.connector == AND and not where.negated:
            links = [child for child in where.children if _outer_and_inner(child, query)]
        if not links:
            compiler = query.get_compiler(connection=self.connection)
            return ALWAYS if any(compiler.execute_sql()) else NEVER
        if len(links) > 1 or query.group_by is not None or query.low_mark or query.combinator:
            refuse("an EXISTS with more than one link to the outer query, groups or an offset")
        outer, inner = _outer_and_inner(links[0], query)
        query.where = WhereNode([child for child in where.children if child is not links[0]])
        query.clear_limits()
        query.clear_select_clause()
        query.select = (inner,)
        members = in_order(self._column_of(query, outer))
        path = None if self.computed else self.translator.path(outer)
        if path:
            return Condition({path: {"$in": members}}, {path: {"$nin": members}})
        test = {"$in": [self.translator.value(outer), {"$literal": members}]}
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
        sides = [self.translator.value(lookup.lhs), self.translator.value(lookup.rhs)]
        return of_values(sides, {operator: sides})


def _outer_and_inner(node: Any, query: Query) -> tuple[Col, Col] | None:
    """Return the columns of a link `inner = outer` in a subquery, else None."""
    if type(node) not in (lookups.Exact, lookups.IntegerFieldExact, related_lookups.RelatedExact):
        return None
    if type(node.lhs) is not Col or type(node.rhs) is not Col:
        return None
    inner, outer = sorted((node.lhs, node.rhs), key=lambda col: col.alias not in query.alias_map)
    is_link = inner.alias in query.alias_map and outer.alias not in query.alias_map
    return (outer, inner) if is_link else None

"""Django's WHERE tree as MongoDB filters, in SQL's three-valued logic.

Each condition becomes two filters: the documents for which it is true, and those for which it
is false. A NULL makes a comparison neither, so NOT swaps the two, AND and OR combine them by
De Morgan, and no rule of Django's SQL about `IS NOT NULL` is needed to get NOT right.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

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

from djongo_engine.datatypes import TEXT, common, kind_of, refuse_order_of_binary
from djongo_engine.errors import refuse
from djongo_engine.expressions import Document, Translator, is_condition, is_null
from djongo_engine.values import in_order, scalar

EVERYTHING: Document = {}
NOTHING: Document = {"$nor": [{}]}


class Condition(NamedTuple):
    """The filter for documents where a condition is true, and where it is false."""

    true: Document
    false: Document


ALWAYS = Condition(EVERYTHING, NOTHING)
NEVER = Condition(NOTHING, EVERYTHING)

COMPARISONS: dict[type, str] = {
    lookups.Exact: "$eq",
    lookups.IntegerFieldExact: "$eq",
    related_lookups.RelatedExact: "$eq",
    lookups.GreaterThan: "$gt",
    lookups.IntegerGreaterThan: "$gt",
    related_lookups.RelatedGreaterThan: "$gt",
    lookups.GreaterThanOrEqual: "$gte",
    lookups.IntegerGreaterThanOrEqual: "$gte",
    related_lookups.RelatedGreaterThanOrEqual: "$gte",
    lookups.LessThan: "$lt",
    lookups.IntegerLessThan: "$lt",
    related_lookups.RelatedLessThan: "$lt",
    lookups.LessThanOrEqual: "$lte",
    lookups.IntegerLessThanOrEqual: "$lte",
    related_lookups.RelatedLessThanOrEqual: "$lte",
    lookups.YearExact: "$eq",
    lookups.YearGt: "$gt",
    lookups.YearGte: "$gte",
    lookups.YearLt: "$lt",
    lookups.YearLte: "$lte",
}
# How a date compares with the bounds that Django gives for a year.
YEARS: dict[type, tuple[str, ...]] = {
    lookups.YearExact: ("$gte", "$lte"),
    lookups.YearGt: ("$gt",),
    lookups.YearGte: ("$gte",),
    lookups.YearLt: ("$lt",),
    lookups.YearLte: ("$lte",),
}
MEMBERSHIPS = {lookups.In, related_lookups.RelatedIn}
# In PCRE `$` also matches before a last newline.
END = r"$(?!\n)"
PATTERNS: dict[type, tuple[str, str, str]] = {
    lookups.IExact: ("^", END, "is"),
    lookups.Contains: ("", "", "s"),
    lookups.IContains: ("", "", "is"),
    lookups.StartsWith: ("^", "", "s"),
    lookups.IStartsWith: ("^", "", "is"),
    lookups.EndsWith: ("", END, "s"),
    lookups.IEndsWith: ("", END, "is"),
}
REGEXES: dict[type, str] = {lookups.Regex: "", lookups.IRegex: "i"}


def escape(text: str) -> str:
    """Return a regular expression, for PCRE, that matches exactly this text.

    A NUL, which ends a regular expression in BSON, is written as an escape.
    """
    return "".join(
        char if char.isalnum() or ord(char) > 127 else "\\x00" if char == "\0" else f"\\{char}"
        for char in text
    )


def all_of(filters: Iterable[Document]) -> Document:
    """Return the conjunction: one flat, index-friendly document where no key repeats."""
    parts = [part for part in filters if part != EVERYTHING]
    if NOTHING in parts:
        return NOTHING
    keys = [key for part in parts for key in part]
    if len(set(keys)) == len(keys):
        return {key: value for part in parts for key, value in part.items()}
    return {"$and": parts}


def any_of(filters: Iterable[Document]) -> Document:
    """Return the disjunction."""
    parts = [part for part in filters if part != NOTHING]
    if EVERYTHING in parts:
        return EVERYTHING
    if not parts:
        return NOTHING
    return parts[0] if len(parts) == 1 else {"$or": parts}


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
        return _as_expression(true), _as_expression(false)

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
        if kind in YEARS and (condition := self._year(lookup)):
            return condition
        path = None if self.computed else self.translator.path(lookup.lhs)
        if kind in (lookups.IsNull, related_lookups.RelatedIsNull):
            return self._isnull(lookup, path)
        if kind in MEMBERSHIPS:
            return self._in(lookup, path)
        if not lookup.rhs_is_direct_value():
            return self._compare(lookup)
        return self._of(lookup, path, self._test(lookup))

    def _test(self, lookup: Any) -> Document:
        """Return the test that a lookup with a direct value makes, as in a filter of a field."""
        kind = type(lookup)
        if operator := COMPARISONS.get(kind):
            if operator != "$eq":
                refuse_order_of_binary(lookup.lhs)
            return {operator: self._operand(lookup)}
        if kind is lookups.Range:
            refuse_order_of_binary(lookup.lhs)
            if any(hasattr(bound, "resolve_expression") for bound in lookup.rhs):
                refuse("a range with an expression as a bound")
            _, bounds = lookup.get_db_prep_lookup(lookup.rhs, self.connection)
            low, high = (scalar(bound) for bound in bounds)
            if low is None or high is None:
                refuse("a range with NULL as a bound")
            return {"$gte": low, "$lte": high}
        if kind in PATTERNS or kind in REGEXES:
            return self._pattern(lookup)
        refuse(f"the lookup {kind.__name__}")

    def _of(self, lookup: Any, path: str | None, test: Document) -> Condition:
        """Return the condition that a test makes of the left side of a lookup."""
        if path:
            return Condition({path: test}, {path: {"$not": test, "$ne": None}})
        value = self.translator.value(lookup.lhs)
        if "$regex" in test:
            pattern = {"regex": {"$literal": test["$regex"]}, "options": test["$options"]}
            return _of_values([value], {"$regexMatch": {"input": value, **pattern}})
        tests = [{operator: [value, {"$literal": test[operator]}]} for operator in test]
        return _of_values([value], {"$and": tests})

    def _year(self, lookup: Any) -> Condition | None:
        """Return `date__year=2026` as bounds of the date, which an index serves."""
        if self.computed or type(lookup.lhs) not in (ExtractYear, ExtractIsoYear):
            return None
        path = self.translator.path(lookup.lhs.lhs)
        if path is None or not lookup.rhs_is_direct_value():
            return None
        bounds = lookup.get_bound_params(*lookup.year_lookup_bounds(self.connection, lookup.rhs))
        return self._of(lookup, path, dict(zip(YEARS[type(lookup)], bounds, strict=True)))

    def _operand(self, lookup: Any) -> Any:
        # process_rhs and not get_db_prep_lookup: it knows the range of integer fields.
        _, (value,) = lookup.process_rhs(self.compiler, self.connection)
        value = scalar(value)
        if value is None:
            refuse("a comparison with NULL")
        return value

    def _pattern(self, lookup: Any) -> Document:
        if kind_of(lookup.lhs) != TEXT:
            refuse(f"{lookup.lookup_name} on a {type(lookup.lhs.output_field).__name__}")
        _, (value,) = lookup.get_db_prep_lookup(lookup.rhs, self.connection)
        text = scalar(value)
        if not isinstance(text, str):
            refuse(f"{lookup.lookup_name} with a {type(value).__name__}")
        if type(lookup) in REGEXES:
            if "\0" in text:
                refuse("a regular expression with a NUL")
            return {"$regex": text, "$options": REGEXES[type(lookup)]}
        start, end, options = PATTERNS[type(lookup)]
        return {"$regex": start + escape(text) + end, "$options": options}

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
        if where.connector == AND and not where.negated:
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
        return _of_values(sides, {operator: sides})


def _of_values(values: list[Any], test: Document) -> Condition:
    """Return the condition that a test makes of values: neither true nor false with a NULL."""
    known = [{"$not": [is_null(value)]} for value in values]
    return Condition(
        {"$expr": {"$and": [*known, test]}},
        {"$expr": {"$and": [*known, {"$not": [test]}]}},
    )


def _as_expression(filter_: Document) -> Any:
    """Return a filter that consists of `$expr` alone as an expression."""
    terms: list[Any] = []
    for operator, operand in filter_.items():
        if operator == "$expr":
            terms.append(operand)
        elif operator == "$nor":
            terms.append({"$not": [{"$or": [_as_expression(part) for part in operand]}]})
        else:
            terms.append({operator: [_as_expression(part) for part in operand]})
    return {"$and": terms}


def _outer_and_inner(node: Any, query: Query) -> tuple[Col, Col] | None:
    """Return the columns of a link `inner = outer` in a subquery, else None."""
    if type(node) not in (lookups.Exact, lookups.IntegerFieldExact, related_lookups.RelatedExact):
        return None
    if type(node.lhs) is not Col or type(node.rhs) is not Col:
        return None
    inner, outer = sorted((node.lhs, node.rhs), key=lambda col: col.alias not in query.alias_map)
    is_link = inner.alias in query.alias_map and outer.alias not in query.alias_map
    return (outer, inner) if is_link else None

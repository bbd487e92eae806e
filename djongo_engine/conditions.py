"""Django's WHERE tree as MongoDB filters, in SQL's three-valued logic.

Each condition becomes two filters: the documents for which it is true, and those for which it
is false. A NULL makes a comparison neither, so NOT swaps the two, AND and OR combine them by
De Morgan, and no rule of Django's SQL about `IS NOT NULL` is needed to get NOT right.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet, FullResultSet
from django.db import models
from django.db.models import lookups
from django.db.models.expressions import ExpressionList
from django.db.models.fields import related_lookups
from django.db.models.sql import Query
from django.db.models.sql.where import AND, OR, XOR, NothingNode, WhereNode

from djongo_engine.errors import refuse
from djongo_engine.expressions import Document, Translator, is_null
from djongo_engine.values import scalar

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
}
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

    def __init__(self, compiler: Any, translator: Translator) -> None:
        """Use the translator's fields; the compiler converts values as Django does."""
        self.compiler = compiler
        self.connection = compiler.connection
        self.translator = translator

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

    def _node(self, node: Any) -> Condition:
        kind = type(node)
        if kind is WhereNode:
            return self._tree(node)
        if kind is NothingNode:
            return NEVER
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
        path = self.translator.path(lookup.lhs)
        if lookup.bilateral_transforms:
            refuse("a bilateral transform")
        if kind in (lookups.IsNull, related_lookups.RelatedIsNull):
            return self._isnull(lookup, path)
        if kind in (lookups.In, related_lookups.RelatedIn):
            return self._in(lookup, path)
        if not lookup.rhs_is_direct_value() or path is None:
            return self._computed(lookup)
        if operator := COMPARISONS.get(kind):
            return _of_field(path, {operator: self._operand(lookup)})
        if kind is lookups.Range:
            if any(hasattr(bound, "resolve_expression") for bound in lookup.rhs):
                refuse("a range with an expression as a bound")
            _, bounds = lookup.get_db_prep_lookup(lookup.rhs, self.connection)
            low, high = (scalar(bound) for bound in bounds)
            if low is None or high is None:
                refuse("a range with NULL as a bound")
            return _of_field(path, {"$gte": low, "$lte": high})
        if kind in PATTERNS or kind in REGEXES:
            return _of_field(path, self._pattern(lookup))
        refuse(f"the lookup {kind.__name__}")

    def _operand(self, lookup: Any) -> Any:
        # process_rhs and not get_db_prep_lookup: it knows the range of integer fields.
        _, (value,) = lookup.process_rhs(self.compiler, self.connection)
        value = scalar(value)
        if value is None:
            refuse("a comparison with NULL")
        return value

    def _pattern(self, lookup: Any) -> Document:
        if not isinstance(lookup.lhs.output_field, (models.CharField, models.TextField)):
            refuse(f"{lookup.lookup_name} on a {type(lookup.lhs.output_field).__name__}")
        _, (value,) = lookup.get_db_prep_lookup(lookup.rhs, self.connection)
        if type(lookup) in REGEXES:
            if not isinstance(value, str) or "\0" in value:
                refuse("a regular expression that is no text, or has a NUL")
            return {"$regex": value, "$options": REGEXES[type(lookup)]}
        start, end, options = PATTERNS[type(lookup)]
        return {"$regex": start + escape(str(value)) + end, "$options": options}

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
        if path is None:
            refuse("IN on a computed expression")
        if isinstance(lookup.rhs, Query):
            values = self._subquery(lookup.rhs)
        elif isinstance(lookup.rhs, ExpressionList) or not lookup.rhs_is_direct_value():
            refuse("IN with an expression among its values")
        else:
            _, params = lookup.get_db_prep_lookup(lookup.rhs, self.connection)
            # As Django does: a NULL in the list equals nothing, and is dropped.
            values = [scalar(value) for value in params if value is not None]
        if not values:
            return NEVER
        members = [value for value in values if value is not None]
        condition = _of_field(path, {"$in": members})
        # SQL: with a NULL from a subquery among the values, NOT IN is true of nothing.
        return condition if len(members) == len(values) else Condition(condition.true, NOTHING)

    def _subquery(self, query: Query) -> list[Any]:
        """Run an IN subquery first; one that needs a column of the outer query is refused."""
        if getattr(query, "_db", None) not in (None, self.connection.alias):
            raise ValueError(
                "Subqueries aren't allowed across different databases. Force the inner query to "
                "be evaluated using `list(inner_query)`."
            )
        if not query.has_select_fields:
            query.clear_select_clause()
            query.add_fields(["pk"])
        compiler = query.get_compiler(connection=self.connection)
        return [row[0] for chunk in compiler.execute_sql() for row in chunk]

    def _computed(self, lookup: Any) -> Condition:
        """Compare where one side is an expression: `F("a") > F("b")`."""
        operator = COMPARISONS.get(type(lookup))
        if operator is None:
            refuse(f"the lookup {lookup.lookup_name} with an expression")
        left = self.translator.value(lookup.lhs)
        if lookup.rhs_is_direct_value():
            right: Any = {"$literal": self._operand(lookup)}
        elif isinstance(lookup.rhs, Query):
            refuse("a comparison with a subquery")
        else:
            right = self.translator.value(lookup.rhs)
        known = [{"$not": [is_null(left)]}, {"$not": [is_null(right)]}]
        test = {operator: [left, right]}
        return Condition(
            {"$expr": {"$and": [*known, test]}},
            {"$expr": {"$and": [*known, {"$not": [test]}]}},
        )


def _of_field(path: str, test: Document) -> Condition:
    return Condition({path: test}, {path: {"$not": test, "$ne": None}})

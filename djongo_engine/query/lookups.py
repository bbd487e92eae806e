"""Django's lookups with a value at their right side, as the operators of a MongoDB filter."""

from typing import Any

from django.db.models import lookups
from django.db.models.fields import related_lookups

from djongo_engine.errors import refuse
from djongo_engine.query.datatypes import TEXT, kind_of, refuse_order_of_binary
from djongo_engine.query.documents import Document
from djongo_engine.values import scalar

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
EQUALITIES = {kind for kind, operator in COMPARISONS.items() if operator == "$eq"}
MEMBERSHIPS = {lookups.In, related_lookups.RelatedIn}
# How a date compares with the bounds that Django gives for a year.
YEARS: dict[type, tuple[str, ...]] = {
    lookups.YearExact: ("$gte", "$lte"),
    lookups.YearGt: ("$gt",),
    lookups.YearGte: ("$gte",),
    lookups.YearLt: ("$lt",),
    lookups.YearLte: ("$lte",),
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
    """Return a regular expression (PCRE) that matches exactly this text.

    It writes a NUL as an escape, since a NUL ends a regular expression in BSON.
    """
    return "".join(
        char if char.isalnum() or ord(char) > 127 else "\\x00" if char == "\0" else f"\\{char}"
        for char in text
    )


def test_of(lookup: Any, compiler: Any) -> Document:
    """Return the test that a lookup with a direct value makes, as in a filter of a field."""
    kind = type(lookup)
    if operator := COMPARISONS.get(kind):
        if operator != "$eq":
            refuse_order_of_binary(lookup.lhs)
        return {operator: _operand(lookup, compiler)}
    if kind is lookups.Range:
        refuse_order_of_binary(lookup.lhs)
        _, bounds = lookup.get_db_prep_lookup(lookup.rhs, compiler.connection)
        low, high = (scalar(bound) for bound in bounds)
        if low is None or high is None:
            refuse("a range with NULL as a bound")
        return {"$gte": low, "$lte": high}
    if kind in PATTERNS or kind in REGEXES:
        return _pattern(lookup, compiler.connection)
    refuse(f"the lookup {kind.__name__}")


def year_test(lookup: Any, connection: Any) -> Document:
    """Return `date__year=2026` as bounds of the date, which an index serves."""
    bounds = lookup.get_bound_params(*lookup.year_lookup_bounds(connection, lookup.rhs))
    return dict(zip(YEARS[type(lookup)], bounds, strict=True))


def _operand(lookup: Any, compiler: Any) -> Any:
    # process_rhs and not get_db_prep_lookup: it knows the range of integer fields.
    _, (value,) = lookup.process_rhs(compiler, compiler.connection)
    value = scalar(value)
    if value is None:
        refuse("a comparison with NULL")
    return value


def _pattern(lookup: Any, connection: Any) -> Document:
    if kind_of(lookup.lhs) != TEXT:
        refuse(f"{lookup.lookup_name} on a {type(lookup.lhs.output_field).__name__}")
    _, (value,) = lookup.get_db_prep_lookup(lookup.rhs, connection)
    text = scalar(value)
    if not isinstance(text, str):
        refuse(f"{lookup.lookup_name} with a {type(value).__name__}")
    if type(lookup) in REGEXES:
        if "\0" in text:
            refuse("a regular expression with a NUL")
        return {"$regex": text, "$options": REGEXES[type(lookup)]}
    start, end, options = PATTERNS[type(lookup)]
    return {"$regex": start + escape(text) + end, "$options": options}

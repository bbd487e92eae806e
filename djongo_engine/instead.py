"""What to write in place of what the engine refuses."""

import re

_COMPUTE = "Compute it in Python, or store the result in a field."
_WRITE = (
    (r"^union\(\)", "Put both conditions into one filter(): Q(…) | Q(…)."),
    (r"^intersection\(\)", "Put both conditions into one filter()."),
    (r"^difference\(\)", "Use exclude()."),
    (r"^extra\(\)", "Use annotate(), filter() and order_by()."),
    (r"^SQL text in a migration", "Use RunPython."),
    (r"^SQL text", "Use the ORM."),
    (r"^explain\(\)", "Use connection.database.command('explain', …)."),
    (r"^distinct\(\) on fields", "Use values(…).distinct(), or take one of each in Python."),
    (r"^a window function|^the expression Window", "Use order_by(), and go through the rows."),
    (r"^the expression Cast|^an output_field that casts", "Convert the value in Python."),
    (
        r"^the expression (Lower|Upper)",
        "Compare by iexact or icontains, or store the other case too.",
    ),
    (r"^the expression TruncTime", "Use hour, minute and second."),
    (r"^the expression Random", "Draw keys by random.sample(), and filter(pk__in=keys)."),
    (r"^the expression Subquery", "Use pk__in=queryset or Exists(), or ask for the value first."),
    (r"^a comparison with a subquery", "Use `in`, or ask for the value first."),
    (r"of an outer query$", "Compare OuterRef() by equality, or ask in two queries."),
    (r"^the (expression|operator) ", _COMPUTE),
    (
        r"^the aggregate (StdDev|Variance)",
        "Compute it from Count('x'), Sum('x') and Sum(F('x') * F('x')).",
    ),
    (r"^a FilteredRelation", "Use the filter= of an aggregate, or Prefetch()."),
    (r"^the lookup \w+ with an expression", "Use a value, or compare in Python."),
    (r"^an order of a BinaryField", "Sort in Python."),
    (r"^parts of a datetime", "Use tzinfo=datetime.UTC, or compare with datetimes."),
    (r"^a mix of", "Convert one of them in Python."),
    (r"^an expression as a value to insert", "Compute the value in Python."),
    (r"by what may be NULL$", "Use Coalesce(), or a Case() with a default."),
    (r"^an update of .* by another type", "Compute the values in Python, and use bulk_update()."),
)


def instead_of(construct: str) -> str:
    """Return a sentence that says what to write instead of a construct, or nothing."""
    return next((text for pattern, text in _WRITE if re.search(pattern, construct)), "")

"""What must come out of each probe: the same as on SQLite, or a refusal for this reason.

Without it a translation could vanish unseen, since a refusal is no wrong answer.
"""

from fnmatch import fnmatchcase
from functools import cache

from tests.engine.probes_read import FIELDS

# The reason that the message of the refusal gives, and the names of the probes.
REFUSED: dict[str, list[str]] = {
    "an order of a BinaryField": [
        "*(raw__[gl]t*=b*)",
        "*(raw__range=*)",
        "filter(raw__lt=F('raw'))",
        *[
            "order_by(*raw)",
            "values_list(raw).order_by(*)",
            "order_by(raw.*)",
            "ordered distinct raw",
        ],
        *["first by raw", "M[ai][nx](raw)*", "group by raw*"],
    ],
    "a mix of decimal and float": [
        "annotate mixed",
        "order by mixed",
        "distinct mixed",
        "mixed is*",
    ],
    "a mix of BooleanField and integer": ["true equals number", "having of expression"],
    "a mix of DateField and datetime": ["day of a moment"],
    "parts of a datetime": ["hour in another time zone"],
    "NaN": ["not a number"],
    "of type dict": ["document as a value"],
    "TruncTime": ["time of a moment"],
    "the lookup own": ["custom lookup"],
    "OwnTransform": ["custom transform"],
    "Variance": ["variance"],
    "Random": ["random order"],
    "the operator /": ["exclude(*/2)", "* */2", "*/2 is null"],
    "the operator %": ["exclude(*%2)", "* *%2", "*%2 is null"],
    "the operator ^": ["exclude(*[*][*]2)", "* *[*][*]2", "*[*][*]2 is null"],
    "union()": ["union"],
    "intersection()": ["intersection"],
    "difference()": ["difference"],
    "SQL text": ["raw"],
    "ExtraWhere": ["extra", "delete of extra", "update of extra"],
    "distinct() on fields": ["distinct on"],
    "Window": ["window"],
    "Sum of a ": ["Sum(span)*", "Sum(flag)*"],
    "Avg of a ": ["Avg(span)*", "Avg(flag)*"],
    "StdDev": ["deviation"],
    "Cast": ["*cast*", "order by *constant"],
    **{
        name: [f"* {name.lower()}", f"{name.lower()} is null"]
        for name in [
            *["Lower", "Upper", "NullIf", "Greatest", "Least", "Ceil", "Floor", "Round", "Mod"],
            *["Left", "Substr", "Trim", "Replace"],
        ]
    },
    "DurationExpression": ["* shifted", "shifted is null"],
    "the lookup contains with an expression": ["contains of a column"],
    "Subquery": ["scalar subquery", "annotate subquery", "update with a subquery"],
    "a comparison with a subquery": ["queryset as value"],
    "contains on a IntegerField": ["contains of a number"],
    "of an outer query": ["exists greater", "exists or", "exists not equal", "exists of an outer*"],
    "an EXISTS with a link": ["exists sliced", "exists grouped"],
    "by what may be NULL": [
        "update some: swap",
        "update some: column",
        "update some: case without a default",
        "update some: condition",
    ],
    "by another type": ["update some: float to integer", "update some: number to text"],
    "Lower ": ["update some: lower"],
    "Now": ["update some: now"],
    "updating conflicts": ["bulk create, conflicts updated"],
    "Count": ["delete by a count"],
    "delete() after union()": ["delete of a union"],
}
OF_INTEGERS = ["number of few", "sliced", "grouped", "nothing", "no column named"]
SUBQUERIES = ["pk", "number", "ratio", "flag", "text", *OF_INTEGERS]
KINDS = {
    **dict.fromkeys(["number", "pk", *OF_INTEGERS], "integer"),
    **dict.fromkeys(["text", "note"], "text"),
}
EXACT = [{"integer", "ratio"}, {"integer", "amount"}]


@cache
def mixed() -> set[str]:
    """The comparisons of columns whose values are of different kinds."""
    columns = ["number", "ratio", "amount", "text", "flag", "day", "raw"]
    pairs = {f"filter({a}__lt=F({b!r}))": (a, b) for a in FIELDS for b in columns}
    for method in ("filter", "exclude"):
        for a in ("pk", "number", "ratio", "text", "flag"):
            pairs |= {f"{method}({a}__in={b})": (a, b) for b in SUBQUERIES}
    kinds = {name: {KINDS.get(a, a), KINDS.get(b, b)} for name, (a, b) in pairs.items()}
    return {name for name, both in kinds.items() if len(both) > 1 and both not in EXACT}


@cache
def reason_to_refuse(name: str) -> str | None:
    """The reason for which a probe must be refused; None if it must be answered as on SQLite."""
    if name in mixed():
        return "a mix of"
    if name.endswith(" of no condition"):
        # Django asks no database.
        return None
    for reason, patterns in REFUSED.items():
        if any(fnmatchcase(name, pattern) for pattern in patterns):
            return reason
    return None

"""The probes that read: one collection, and several."""

import datetime
import itertools
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.db.models import (
    Avg,
    BooleanField,
    Case,
    CharField,
    Count,
    DateTimeField,
    DecimalField,
    Exists,
    ExpressionWrapper,
    F,
    Field,
    FloatField,
    IntegerField,
    Max,
    Min,
    OuterRef,
    Prefetch,
    Q,
    StdDev,
    Subquery,
    Sum,
    TextField,
    Transform,
    Value,
    Variance,
    When,
    Window,
)
from django.db.models.functions import (
    Abs,
    Cast,
    Ceil,
    Coalesce,
    Concat,
    ExtractYear,
    Floor,
    Greatest,
    Least,
    Left,
    Length,
    Lower,
    Mod,
    NullIf,
    Replace,
    Round,
    RowNumber,
    Substr,
    Trim,
    TruncDate,
    TruncMonth,
    TruncYear,
    Upper,
)
from django.db.models.lookups import Exact
from django.utils import timezone

from tests.engine.probes import (
    AMOUNTS,
    CLOCKS,
    DAYS,
    MOMENTS,
    RAWS,
    SPANS,
    TEXTS,
    Probe,
)

VALUES: dict[str, list[Any]] = {
    "number": [0, 1, -1, 3, 2**31, 2**53 + 1, 2**62, "2", 1.5, True],
    "ratio": [0.0, -0.25, 1.5, 1, 1e300, float("inf"), "0.25"],
    "amount": [*AMOUNTS[:6], "1.50", 1, Decimal("1.005"), Decimal("1E+3")],
    "day": [*DAYS, "2026-01-01"],
    "moment": [*MOMENTS, datetime.datetime(2026, 1, 1, 2, tzinfo=datetime.timezone.max)],
    "clock": CLOCKS,
    "span": SPANS,
    "key": [uuid.UUID(int=7919), str(uuid.UUID(int=2 * 7919)), uuid.UUID(int=5).hex],
    "flag": [True, False, 1, "True"],
    "raw": RAWS,
    "pk": [1, 17, 0, -1, "3", 2**40],
    "text": ["", "abc", "a.c", "É", "\0"],
    "note": ["", "abc", "$where"],
}
FIELDS = list(VALUES)
NULLABLE = ["note", "number", "amount", "day", "moment", "clock", "span", "raw"]
TEXT_LOOKUPS = [
    *["exact", "iexact", "contains", "icontains", "startswith", "istartswith", "endswith"],
    "iendswith",
]
PATTERNS = [*TEXT_LOOKUPS, "regex", "iregex"]
PARTS = {
    "day": ["year", "iso_year", "month", "day", "week", "week_day", "iso_week_day", "quarter"],
    "moment": [
        *["year", "iso_year", "month", "day", "week", "week_day", "iso_week_day", "quarter"],
        *["hour", "minute", "second"],
    ],
    "clock": ["hour", "minute", "second"],
}


def where(method: str, *conditions: Q, **lookups: Any) -> Probe:
    """`filter` or `exclude` of the records."""
    return lambda t: (
        getattr(t.records, method)(*conditions, **lookups).values_list("pk").order_by("pk")
    )


def _lookups() -> Iterator[tuple[str, Probe]]:
    for method in ("filter", "exclude"):
        for number, (text, lookup) in enumerate(itertools.product(TEXTS, TEXT_LOOKUPS)):
            if method == "exclude" and lookup != "icontains":
                continue
            if lookup in ("exact", "istartswith", "endswith") and number % 3:
                continue
            field = "text" if method == "filter" else "note"
            name = f"{field}__{lookup}"
            yield f"{method}({name}={text!r})", where(method, **{name: text})
        orders = ["exact", "gt", "gte", "lt", "lte"] if method == "filter" else ["exact", "lt"]
        for field, values in VALUES.items():
            for lookup, value in itertools.product(orders, values):
                name = f"{field}__{lookup}"
                yield f"{method}({name}={value!r})", where(method, **{name: value})
            for some in [[], values[:1], values[:3], [None, values[0]], [None], values]:
                yield f"{method}({field}__in={some!r})", where(method, **{f"{field}__in": some})
            for low, high in [(0, 1), (1, 0), (0, 2), (2, 2)]:
                bounds = (values[low], values[high])
                yield (
                    f"{method}({field}__range={bounds!r})",
                    where(method, **{f"{field}__range": bounds}),
                )
            for null in (True, False):
                name = f"{field}__isnull"
                yield f"{method}({name}={null})", where(method, **{name: null})
            yield f"{method}({field}=None)", where(method, **{field: None})
        for field, parts in PARTS.items():
            for part, (lookup, value) in itertools.product(
                parts,
                [("exact", 1), ("exact", 2026), ("gte", 2026), ("lt", 12)],
            ):
                name = f"{field}__{part}__{lookup}"
                yield f"{method}({name}={value})", where(method, **{name: value})
            name = f"{field}__{parts[0]}__in"
            yield f"{method}({name})", where(method, **{name: [2026, 12, 0]})
        for date, lookup in itertools.product(DAYS, ["exact", "gt", "lte"]):
            name = f"moment__date__{lookup}"
            yield f"{method}({name}={date})", where(method, **{name: date})
        for pattern in ["^a.c$", "a|b", r"^\(", "[ab]c", "^$", "(?i)abc", "é", "a{1}"]:
            for lookup in ("regex", "iregex"):
                for field in ("text", "note"):
                    name = f"{field}__{lookup}"
                    yield f"{method}({name}={pattern!r})", where(method, **{name: pattern})


def _conditions() -> Iterator[tuple[str, Probe]]:
    a, b, c = Q(number__gt=0), Q(note="abc"), Q(amount__lt=2)
    for name, tree in {
        "a|b": a | b,
        "a&b": a & b,
        "a^b": a ^ b,
        "a^b^c": a ^ b ^ c,
        "~(a^b)": ~(a ^ b),
        "~a": ~a,
        "~~a": ~~a,
        "~(a&b)": ~(a & b),
        "~(a|b)": ~(a | b),
        "~(~a&(b|~c))": ~(~a & (b | ~c)),
        "a&a": a & a,
        "empty": Q(),
        "~empty": ~Q(),
        "pk in nothing": Q(pk__in=[]),
        "~pk in nothing": ~Q(pk__in=[]),
        "a|nothing": a | Q(pk__in=[]),
        "~(a|nothing)": ~(a | Q(pk__in=[])),
        "a&~nothing": a & ~Q(pk__in=[]),
        "a^nothing": a ^ Q(pk__in=[]),
        "same field": Q(number__gt=0) & Q(number__lt=3),
        "value is true": Q(Value(True)),
        "exists": Q(ExpressionWrapper(Q(flag=True), output_field=BooleanField())),
    }.items():
        yield f"filter({name})", where("filter", tree)
        yield f"exclude({name})", where("exclude", tree)
    for left, operator, right in itertools.product(
        FIELDS, ["lt"], ["number", "ratio", "amount", "text", "flag", "day", "raw"]
    ):
        yield (
            f"filter({left}__{operator}=F({right!r}))",
            where("filter", **{f"{left}__{operator}": F(right)}),
        )
    for field in ("number", "ratio", "amount"):
        for name, expression in arithmetic(field).items():
            yield (
                f"exclude({field}__lt={field}{name})",
                where("exclude", **{f"{field}__lt": expression}),
            )
    subqueries = {
        "pk": lambda t: t.records.filter(flag=True).values("pk"),
        "number": lambda t: t.records.values("number"),
        "number of few": lambda t: t.records.filter(number__gt=1).values("number"),
        "ratio": lambda t: t.records.values("ratio"),
        "flag": lambda t: t.records.values("flag"),
        "text": lambda t: t.records.values("note"),
        "sliced": lambda t: t.records.order_by("-pk").values("number")[:3],
        "grouped": lambda t: (
            t.records.values("number").annotate(n=Count("pk")).filter(n__gt=10).values("number")
        ),
        "nothing": lambda t: t.records.none().values("number"),
        "no column named": lambda t: t.records.filter(flag=False),
    }
    for name, rows in subqueries.items():
        for field in ("pk", "number", "ratio", "text", "flag"):
            yield (
                f"filter({field}__in={name})",
                lambda t, f=field, q=rows: t.records.filter(**{f"{f}__in": q(t)}).order_by("pk"),
            )
            yield (
                f"exclude({field}__in={name})",
                lambda t, f=field, q=rows: t.records.exclude(**{f"{f}__in": q(t)}).order_by("pk"),
            )


def arithmetic(field: str) -> dict[str, Any]:
    """Expressions of one numeric field."""
    return {
        "+1": F(field) + 1,
        "-1": F(field) - 1,
        "*2": F(field) * 2,
        "1-": 1 - F(field),
        "-": -F(field),
        "+pk": F(field) + F("pk"),
        "+(2*pk)": F(field) + 2 * F("pk"),
        "/2": F(field) / 2,
        "%2": F(field) % 2,
        "**2": ExpressionWrapper(
            F(field) ** 2, output_field=DecimalField() if field == "amount" else FloatField()
        ),
        "coalesced": Coalesce(field, Value(9, output_field=IntegerField()))
        if field == "number"
        else Coalesce(field, field),
        "abs": Abs(field),
    }


def _rows() -> Iterator[tuple[str, Probe]]:
    for field, sign in itertools.product(FIELDS, ["", "-"]):
        yield f"order_by({sign}{field})", lambda t, o=sign + field: t.records.order_by(o, "pk")
        yield (
            f"values_list({field}).order_by({sign})",
            lambda t, f=field, o=sign + field: t.records.order_by(o, "-pk").values_list(
                f, flat=True
            ),
        )
    for field, nulls in itertools.product(NULLABLE, ["nulls_first", "nulls_last"]):
        for way in ("asc", "desc"):
            yield (
                f"order_by({field}.{way}({nulls}))",
                lambda t, f=field, n=nulls, w=way: t.records.order_by(
                    getattr(F(f), w)(**{n: True}), "pk"
                ).values_list("pk"),
            )
    for one, two in itertools.permutations(["number", "-ratio", "text", "-flag", "day"], 2):
        yield f"order_by({one}, {two})", lambda t, o=(one, two): t.records.order_by(*o, "pk")
    for low, high in [(0, 1), (0, 5), (3, 3), (2, 7), (100, 200), (5, None), (500, None), (0, 500)]:
        for order in ("pk", "-text"):
            yield (
                f"order_by({order})[{low}:{high}]",
                lambda t, s=slice(low, high), o=order: t.records.order_by(o, "pk")[s],
            )
            yield (
                f"count of order_by({order})[{low}:{high}]",
                lambda t, s=slice(low, high), o=order: t.records.order_by(o)[s].count(),
            )
            yield (
                f"exists of order_by({order})[{low}:{high}]",
                lambda t, s=slice(low, high), o=order: t.records.order_by(o)[s].exists(),
            )
    for field in FIELDS:
        yield f"distinct {field}", lambda t, f=field: t.records.values_list(f).distinct()
        yield (
            f"ordered distinct {field}",
            lambda t, f=field: t.records.values_list(f).order_by(f"-{f}").distinct(),
        )
        yield (
            f"count distinct {field}",
            lambda t, f=field: t.records.values(f).distinct().count(),
        )
        yield (
            f"count of {field}",
            lambda t, f=field: t.records.filter(**{f"{f}__isnull": False}).count(),
        )
        yield f"values {field}", lambda t, f=field: t.records.order_by("pk").values("pk", f)
        yield f"only {field}", lambda t, f=field: t.records.order_by("pk").only(f)[:3]
        deferred = "id" if field == "pk" else field
        yield f"defer {field}", lambda t, f=deferred: t.records.order_by("pk").defer(f)[:3]
        yield (
            f"first by {field}",
            lambda t, f=field: t.records.order_by(f, "pk").first(),
        )
    simple = {
        "get": lambda t: t.records.get(pk=3),
        "get of none": lambda t: t.records.get(pk=-3),
        "get of many": lambda t: t.records.get(flag=True),
        "earliest": lambda t: t.records.exclude(day=None).earliest("day", "pk"),
        "latest": lambda t: t.records.exclude(day=None).latest("day", "pk"),
        "last": lambda t: t.records.order_by("text", "pk").last(),
        "reverse": lambda t: t.records.order_by("-number", "pk").reverse(),
        "slice of reverse": lambda t: t.records.order_by("pk").reverse()[2:4],
        "in bulk": lambda t: sorted(t.records.in_bulk([1, 2, 999]).items()),
        "in bulk of 10,000": lambda t: sorted(t.records.in_bulk(list(range(10_000)))),
        "in bulk of keys": lambda t: len(t.records.in_bulk(field_name="key")),
        "iterator": lambda t: list(t.records.order_by("pk").iterator(chunk_size=7)),
        "values of all": lambda t: t.records.order_by("pk").values(),
        "named": lambda t: t.records.order_by("pk").values_list("pk", "text", named=True),
        "exists": lambda t: t.records.exists(),
        "exists not": lambda t: t.records.filter(pk=-1).exists(),
        "contains": lambda t: t.records.contains(t.records.get(pk=3)),
        "none": lambda t: t.records.none(),
        "count": lambda t: t.records.count(),
        "or of querysets": lambda t: t.records.filter(pk=1) | t.records.filter(pk=3),
        "and of querysets": lambda t: t.records.filter(pk__gt=1) & t.records.filter(pk__lt=3),
        "distinct rows": lambda t: t.records.distinct(),
        "distinct ordered by another": lambda t: (
            t.records.values_list("flag").order_by("number", "flag").distinct()
        ),
        "slice of distinct": lambda t: (
            t.records.values_list("number").order_by("number").distinct()[2:5]
        ),
        "count of a slice of distinct": lambda t: (
            t.records.values("number").order_by("number").distinct()[2:5].count()
        ),
        "order by position and back": lambda t: t.records.values_list("flag", "text").order_by(
            "flag", "-text", "pk"
        ),
        "distinct count": lambda t: t.records.distinct().count(),
        "distinct constants": lambda t: t.records.values_list(Value(1)).distinct(),
        "dates": lambda t: list(t.records.dates("day", "month")),
        "dates down": lambda t: list(t.records.dates("day", "year", order="DESC")),
        "dates by week": lambda t: list(t.records.dates("day", "week")),
        "datetimes": lambda t: list(t.records.datetimes("moment", "hour")),
        "random order": lambda t: t.records.order_by("?"),
        "union": lambda t: t.records.filter(pk=1).union(t.records.filter(pk=2)).order_by("pk"),
        "intersection": lambda t: t.records.filter(pk=1).intersection(t.records.all()),
        "difference": lambda t: t.records.filter(pk__lt=3).difference(t.records.filter(pk=1)),
        "raw": lambda t: list(t.records.raw("SELECT * FROM engine_models_record ORDER BY id")),
        "extra": lambda t: t.records.extra(where=["id = 1"]),
        "distinct on": lambda t: t.records.order_by("text").distinct("text"),
        "window": lambda t: t.records.annotate(w=Window(RowNumber(), order_by="pk")).order_by("pk"),
    }
    yield from simple.items()


def _aggregates() -> Iterator[tuple[str, Probe]]:
    kinds = {"Count": Count, "Sum": Sum, "Avg": Avg, "Min": Min, "Max": Max}
    some = Q(number__gt=0) | Q(note__contains="a")
    for field, (name, kind) in itertools.product(FIELDS, kinds.items()):
        if name in ("Sum", "Avg") and field in (
            "text",
            "note",
            "key",
            "raw",
            "day",
            "moment",
            "clock",
        ):
            # SQLite adds what is no number all the same.
            continue
        label = f"{name}({field})"
        if name in ("Sum", "Avg") and field == "ratio":
            rows = lambda t: t.records.filter(ratio__lt=100)  # noqa: E731
        else:
            rows = lambda t: t.records.all()  # noqa: E731
        yield label, lambda t, r=rows, k=kind, f=field: r(t).aggregate(x=k(f))
        yield (
            f"{label} of nothing",
            lambda t, k=kind, f=field: t.records.filter(pk=-1).aggregate(x=k(f)),
        )
        yield (
            f"{label} of no condition",
            lambda t, k=kind, f=field: t.records.filter(pk__in=[]).aggregate(x=k(f)),
        )
        yield (
            f"{label} filtered",
            lambda t, r=rows, k=kind, f=field: r(t).aggregate(x=k(f, filter=some)),
        )
        yield (
            f"{label} filtered away",
            lambda t, k=kind, f=field: t.records.aggregate(x=k(f, filter=Q(pk__lt=0))),
        )
        yield (
            f"{label} by flag",
            lambda t, r=rows, k=kind, f=field: (
                r(t).values("flag").annotate(x=k(f)).order_by("flag")
            ),
        )
        yield (
            f"{label} by number, filtered",
            lambda t, r=rows, k=kind, f=field: (
                r(t).values("number").annotate(x=k(f, filter=some)).order_by("number")
            ),
        )
        if name in ("Count", "Sum", "Avg"):
            yield (
                f"{label} distinct",
                lambda t, r=rows, k=kind, f=field: r(t).aggregate(x=k(f, distinct=True)),
            )
            yield (
                f"{label} distinct by day",
                lambda t, r=rows, k=kind, f=field: (
                    r(t).values("day").annotate(x=k(f, distinct=True)).order_by("day")
                ),
            )
    for field in FIELDS:
        for threshold in (1, 5):
            yield (
                f"group by {field} having more than {threshold}",
                lambda t, f=field, n=threshold: (
                    t.records.values(f).annotate(n=Count("pk")).filter(n__gt=n).order_by("n", f)
                ),
            )
        yield (
            f"group by {field} and flag",
            lambda t, f=field: (
                t.records.values_list(f, "flag").annotate(Count("pk")).order_by(f, "flag")
            ),
        )
        yield (
            f"aggregate over groups by {field}",
            lambda t, f=field: (
                t.records.values(f)
                .annotate(n=Count("pk"))
                .aggregate(Max("n"), Min("n"), Sum("n"), Avg("n"), Count("n"))
            ),
        )
        yield (
            f"group by {field}, top three",
            lambda t, f=field: t.records.values(f).annotate(n=Count("pk")).order_by("-n", f)[:3],
        )
    simple = {
        "all at once": lambda t: t.records.aggregate(
            Count("pk"), Min("number"), Max("text"), a=Sum("amount"), b=Avg("amount"), c=Count("*")
        ),
        "sum with default": lambda t: t.records.filter(pk=-1).aggregate(s=Sum("number", default=7)),
        "sum of amounts with default": lambda t: t.records.filter(pk=-1).aggregate(
            s=Sum("amount", default=0)
        ),
        "sum plus one": lambda t: t.records.aggregate(s=Sum("number") + 1),
        "difference of aggregates": lambda t: t.records.aggregate(s=Max("number") - Min("number")),
        "sum of product": lambda t: t.records.filter(number__lt=9).aggregate(
            s=Sum(F("number") * F("pk"))
        ),
        "having or": lambda t: (
            t.records.values("number")
            .annotate(n=Count("pk"), a=Avg("pk"))
            .filter(Q(n__gt=11) | Q(a__lt=50))
            .order_by("number")
        ),
        "having and where": lambda t: (
            t.records.filter(flag=True)
            .values("number")
            .annotate(n=Count("pk"))
            .filter(n__gt=2, number__gt=0)
            .order_by("number")
        ),
        "not having": lambda t: (
            t.records.values("number").annotate(n=Count("pk")).exclude(n=11).order_by("number")
        ),
        "having of expression": lambda t: (
            t.records.values("flag").annotate(s=Sum("pk")).filter(s__gt=F("flag")).count()
        ),
        "group of computed": lambda t: (
            t.records.annotate(twice=F("number") * 2)
            .values("twice")
            .annotate(n=Count("pk"))
            .order_by("twice")
        ),
        "group of a year": lambda t: (
            t.records.annotate(y=ExtractYear("day"))
            .values("y")
            .annotate(n=Count("pk"))
            .order_by("y")
        ),
        "group of a month": lambda t: (
            t.records.annotate(m=TruncMonth("moment"))
            .values("m")
            .annotate(n=Count("pk"))
            .order_by("m")
        ),
        "group of a case": lambda t: (
            t.records.annotate(c=Case(When(number__gt=0, then=Value("+")), default=Value("-")))
            .values("c")
            .annotate(n=Count("pk"))
            .order_by("c")
        ),
        "order by aggregate": lambda t: (
            t.records.values("number").annotate(n=Count("pk")).order_by(F("n").desc(), "number")
        ),
        "count of groups": lambda t: t.records.values("number").annotate(n=Count("pk")).count(),
        "exists of groups": lambda t: (
            t.records.values("number").annotate(n=Count("pk")).filter(n__gt=999).exists()
        ),
        "aggregate of slice": lambda t: t.records.order_by("pk")[3:9].aggregate(
            Sum("pk"), Min("text")
        ),
        "aggregate of distinct": lambda t: (
            t.records.values("number").distinct().aggregate(Count("number"))
        ),
        "sum of a case": lambda t: t.records.filter(number__lt=9).aggregate(
            s=Sum(Case(When(flag=True, then="number"), default=0))
        ),
        "sum of an annotation": lambda t: (
            t.records.filter(number__lt=9).annotate(x=F("number") * 2).aggregate(Sum("x"), Max("x"))
        ),
        "distinct count of a case": lambda t: t.records.annotate(
            c=Case(When(flag=True, then="text"), default=Value("other"))
        ).aggregate(Count("c", distinct=True)),
        "variance": lambda t: t.records.aggregate(Variance("pk")),
        "deviation": lambda t: t.records.aggregate(StdDev("pk")),
        "annotate rows with an aggregate": lambda t: (
            t.records.annotate(n=Count("text")).order_by("pk").values_list("pk", "n")[:5]
        ),
    }
    yield from simple.items()


def _expressions() -> Iterator[tuple[str, Probe]]:
    low_case = Case(When(number__lt=2, then=Value("low")), When(flag=True, then="text"))
    expressions = {
        "constant": Value("$text"),
        "number constant": Value(5),
        "null constant": Value(None, output_field=IntegerField()),
        "case": low_case,
        "case default": Case(
            When(Q(number__gt=1) | Q(note=None), then=F("number")), default=Value(-1)
        ),
        "case not": Case(
            When(~Q(note__icontains="A"), then=Value(1)),
            When(note__isnull=False, then=Value(2)),
            default=Value(3),
        ),
        "case in": Case(
            When(number__in=[1, 2], then=Value(1)), When(day__range=DAYS[1:3], then=Value(2))
        ),
        "case of no result": Case(When(pk__in=[], then=Value(1)), default=Value(2)),
        "case of all": Case(When(~Q(pk__in=[]), then=Value(1)), default=Value(2)),
        "case xor": Case(When(Q(flag=True) ^ Q(number=1), then=Value(1)), default=Value(0)),
        "case regex": Case(When(text__regex="^a", then=Value(1)), default=Value(0)),
        "condition": ExpressionWrapper(Q(number__gt=1), output_field=BooleanField()),
        "lower": Lower("text"),
        "upper": Upper("text"),
        "length": Length("note"),
        "concat": Concat("text", Value("-"), "note", output_field=TextField()),
        "coalesce texts": Coalesce("note", "text", output_field=TextField()),
        "coalesce number": Coalesce("number", Value(9)),
        "coalesce three": Coalesce("number", "number", Value(9)),
        "coalesce amount": Coalesce("amount", Value(0), output_field=DecimalField()),
        "nullif": NullIf("number", Value(1)),
        "greatest": Greatest("number", "pk", output_field=IntegerField()),
        "least": Least("number", "pk", output_field=IntegerField()),
        "cast": Cast("number", CharField()),
        "cast to float": Cast("number", FloatField()),
        "ceil": Ceil("ratio"),
        "floor": Floor("amount"),
        "round": Round("ratio"),
        "mod": Mod("number", 3),
        "left": Left("text", 2),
        "substr": Substr("text", 2, 1),
        "trim": Trim("text"),
        "replace": Replace("text", Value("a"), Value("b")),
        "extract year": ExtractYear("day"),
        "trunc date": TruncDate("moment"),
        "trunc month": TruncMonth("moment"),
        "trunc year of day": TruncYear("day"),
        "mixed": ExpressionWrapper(F("ratio") + F("amount"), output_field=FloatField()),
        "shifted": ExpressionWrapper(
            F("moment") + datetime.timedelta(days=1), output_field=DateTimeField()
        ),
    }
    numeric = {
        f"{field}{name}": expression
        for field in ("number", "ratio", "amount")
        for name, expression in arithmetic(field).items()
    }
    for name, expression in {**expressions, **numeric}.items():
        yield (
            f"annotate {name}",
            lambda t, e=expression: t.records.annotate(x=e).order_by("pk").values_list("pk", "x"),
        )
        yield (
            f"order by {name}",
            lambda t, e=expression: t.records.annotate(x=e).order_by("-x", "pk").values_list("pk"),
        )
        yield (
            f"distinct {name}",
            lambda t, e=expression: t.records.annotate(x=e).values_list("x").distinct(),
        )
        yield (
            f"{name} is null",
            lambda t, e=expression: t.records.annotate(x=e).filter(x=None).values_list("pk"),
        )
    filters: dict[str, Probe] = {
        "in of computed": lambda t: t.records.annotate(x=F("number") + 1).filter(x__in=[2, 4]),
        "not in of computed": lambda t: t.records.annotate(x=F("number") + 1).exclude(x__in=[2, 4]),
        "range of computed": lambda t: t.records.annotate(x=F("number") * 2).filter(
            x__range=(0, 4)
        ),
        "contains in case": lambda t: t.records.annotate(x=low_case).filter(x__contains="."),
        "not contains in case": lambda t: t.records.annotate(x=low_case).exclude(x__icontains="A"),
        "length": lambda t: t.records.alias(x=Length("text")).filter(x__gt=2),
        "value equals": lambda t: t.records.filter(text=Value("abc")),
        "true equals number": lambda t: t.records.filter(number=Value(True)),
        "in of expressions": lambda t: t.records.filter(number__in=[F("pk"), 1]),
        "range of expressions": lambda t: t.records.filter(number__range=(1, F("pk"))),
        "contains of a column": lambda t: t.records.filter(text__contains=F("note")),
        "scalar subquery": lambda t: t.records.filter(
            pk=Subquery(t.records.order_by("-pk").values("pk")[:1])
        ),
        "queryset as value": lambda t: t.records.filter(
            number__gt=t.records.filter(pk=3).values("number")
        ),
        "time of a moment": lambda t: t.records.filter(moment__time=CLOCKS[1]),
        "custom lookup": lambda t: t.records.filter(OwnLookup(F("number"), 1)),
        "custom transform": lambda t: t.records.annotate(x=OwnTransform("number")),
        "not a number": lambda t: t.records.filter(ratio=float("nan")),
        "document as a value": lambda t: t.records.annotate(x=Value({"$gt": 1}, Field())),
        "hour in another time zone": _hour_in_rome,
        "contains of a number": lambda t: t.records.filter(number__contains=1),
        "day of a moment": lambda t: t.records.filter(moment=F("day")),
        "expression of an expression": lambda t: (
            t.records.annotate(x=F("pk") + 1, y=F("x") * 2).order_by("pk").values_list("x", "y")
        ),
        "alias": lambda t: t.records.alias(x=F("number") + 1).filter(x=2).values_list("pk"),
        "annotated and sliced": lambda t: (
            t.records.annotate(x=F("number") + 1).order_by("x", "pk")[2:5].values_list("x")
        ),
    }
    yield from filters.items()


class OwnLookup(Exact):
    """A lookup that the engine does not know."""

    lookup_name = "own"


class OwnTransform(Transform):
    """A transform that the engine does not know."""

    function = "ABS"


def _hour_in_rome(t: Any) -> Any:
    with timezone.override("Europe/Rome"):
        return list(t.records.filter(moment__hour=12))


def one_collection() -> dict[str, dict[str, Probe]]:
    """Probes that read the records alone, by the row of the table that they prove."""
    lookups = dict(_lookups())
    texts = {
        name: probe
        for name, probe in lookups.items()
        if ("text__" in name or "note__" in name) and any(f"__{each}=" in name for each in PATTERNS)
    }
    return {
        "text lookups": texts,
        "other lookups": {n: p for n, p in lookups.items() if n not in texts},
        "conditions": dict(_conditions()),
        "rows": dict(_rows()),
        "aggregates": dict(_aggregates()),
        "expressions": dict(_expressions()),
    }


def several_collections() -> dict[str, Probe]:
    """Probes that join collections, or select in one by the values of another."""
    probes: dict[str, Probe] = {}
    for method in ("filter", "exclude"):
        for name, lookups in {
            "tags__word": {"tags__word": "a"},
            "tags__word of none": {"tags__word": "zz"},
            "tags__isnull": {"tags__isnull": True},
            "tags__isnull false": {"tags__isnull": False},
            "tags__word__in": {"tags__word__in": ["a", "b"]},
            "tags__word__contains": {"tags__word__contains": "b", "flag": True},
            "tags": {"tags": 1},
            "tags__pk__gt": {"tags__pk__gt": 4},
        }.items():
            probes[f"records.{method}({name})"] = lambda t, m=method, q=lookups: (
                getattr(t.records, m)(**q).order_by("pk").values_list("pk")
            )
        for name, lookups in {
            "record": {"record": 1},
            "record in": {"record__in": [1, 2, None]},
            "record=None": {"record": None},
            "record__text": {"record__text": "a"},
            "record__number__gt": {"record__number__gt": 0},
            "record__note": {"record__note": None},
            "record__flag": {"record__flag": True},
            "record__isnull": {"record__isnull": True},
            "word or number": {},
        }.items():
            tree = Q(**lookups) if lookups else Q(word="a") | Q(record__number__lt=2)
            probes[f"tags.{method}({name})"] = lambda t, m=method, q=tree: getattr(t.tags, m)(
                q
            ).order_by("pk")
    probes |= {
        "record in a queryset": lambda t: t.tags.filter(record__in=t.records.filter(flag=False)),
        "record not in a queryset": lambda t: t.tags.exclude(
            record__in=t.records.filter(flag=False)
        ),
        "pk in tags": lambda t: t.records.filter(pk__in=t.tags.values("record")),
        "pk not in tags with null": lambda t: t.records.exclude(pk__in=t.tags.values("record")),
        "pk not in tags": lambda t: t.records.exclude(
            pk__in=t.tags.filter(record__isnull=False).values("record")
        ).count(),
        "related manager": lambda t: t.records.get(pk=1).tags.order_by("word"),
        "related count": lambda t: t.records.get(pk=1).tags.count(),
        "select related": lambda t: [
            (tag.pk, tag.record and tag.record.text)
            for tag in t.tags.select_related("record").order_by("pk")
        ],
        "prefetch": lambda t: [
            (r.pk, sorted(tag.word for tag in r.tags.all()))
            for r in t.records.prefetch_related("tags").order_by("pk")[:5]
        ],
        "prefetch to attr": lambda t: [
            (r.pk, [tag.word for tag in r.some])
            for r in t.records.prefetch_related(
                Prefetch("tags", t.tags.filter(word="a"), to_attr="some")
            ).order_by("pk")[:5]
        ],
        "values across": lambda t: t.tags.order_by("pk").values(
            "word", "record__text", "record__number"
        ),
        "values back": lambda t: t.records.order_by("pk", "tags__pk").values("pk", "tags__word")[
            :9
        ],
        "order across": lambda t: t.tags.order_by("-record__number", "pk"),
        "distinct across": lambda t: (
            t.records.filter(tags__word__in=["a", "b"]).distinct().order_by("pk")
        ),
        "count across": lambda t: t.records.filter(tags__word__in=["a", "b"]).count(),
        "exists across": lambda t: t.records.filter(tags__word="b").exists(),
        "annotate count": lambda t: (
            t.records.annotate(n=Count("tags")).order_by("pk").values_list("pk", "n")[:9]
        ),
        "annotate count filtered": lambda t: (
            t.records.annotate(n=Count("tags", filter=Q(tags__word="a")))
            .order_by("pk")
            .values_list("pk", "n")[:9]
        ),
        "having across": lambda t: (
            t.records.annotate(n=Count("tags")).filter(n__gt=1).order_by("pk").values_list("pk")
        ),
        "group across": lambda t: (
            t.tags.values("record__flag").annotate(n=Count("pk")).order_by("record__flag")
        ),
        "aggregate across": lambda t: t.records.aggregate(Count("tags"), Max("tags__word")),
        "join twice": lambda t: (
            t.records.filter(tags__word="a").filter(tags__word="b").order_by("pk")
        ),
        "join with both": lambda t: t.records.filter(tags__word="a", tags__pk=1),
        "or across": lambda t: (
            t.records.filter(Q(tags__word="a") | Q(number=3)).order_by("pk").values_list("pk")
        ),
        "not across": lambda t: (
            t.records.filter(~Q(tags__word="a") | Q(number=3)).order_by("pk").values_list("pk")
        ),
        "f across": lambda t: t.tags.filter(word=F("record__text")),
        "exclude f across": lambda t: t.tags.exclude(word=F("record__text")).order_by("pk"),
        "exists subquery": lambda t: t.records.filter(
            Exists(t.tags.filter(record=OuterRef("pk"), word="a"))
        ).order_by("pk"),
        "not exists subquery": lambda t: t.records.filter(
            ~Exists(t.tags.filter(record=OuterRef("pk")))
        ).order_by("pk"),
        "exists of two": lambda t: t.records.filter(
            Exists(t.tags.filter(record=OuterRef("pk"), word=OuterRef("text")))
        ),
        "exists greater": lambda t: t.records.filter(
            Exists(t.tags.filter(record__lt=OuterRef("pk"), word="a"))
        ),
        "exists or": lambda t: t.records.filter(
            Exists(t.tags.filter(Q(record=OuterRef("pk")) | Q(word="a")))
        ),
        "exists not equal": lambda t: t.records.filter(
            Exists(t.tags.filter(~Q(record=OuterRef("pk"))))
        ).count(),
        "exists of the same table": lambda t: t.records.filter(
            Exists(t.records.filter(number=OuterRef("pk"), flag=True))
        ).order_by("pk"),
        "exists within exists": lambda t: t.records.filter(
            Exists(
                t.tags.filter(
                    Exists(t.records.filter(pk=OuterRef("record"), flag=True)),
                    record=OuterRef("pk"),
                )
            )
        ).order_by("pk"),
        "exists of an outer outer column": lambda t: t.records.filter(
            Exists(t.tags.filter(Exists(t.records.filter(pk=OuterRef(OuterRef("pk")), flag=True))))
        ).order_by("pk"),
        "count of a case across": lambda t: (
            t.records.values("flag")
            .annotate(n=Count("pk", filter=Q(tags__word="a")), m=Count("tags", distinct=True))
            .order_by("flag")
        ),
        "exists independent": lambda t: t.records.filter(Exists(t.tags.filter(word="a"))).count(),
        "exists in nothing": lambda t: t.records.filter(Exists(t.tags.none())).count(),
        "exists sliced": lambda t: t.records.filter(
            Exists(t.tags.filter(record=OuterRef("pk")).order_by("pk")[1:])
        ).count(),
        "exists grouped": lambda t: t.records.filter(
            Exists(
                t.tags.filter(record=OuterRef("pk"))
                .values("record")
                .annotate(n=Count("pk"))
                .filter(n__gt=1)
            )
        ),
        "exists of null": lambda t: t.tags.filter(
            ~Exists(t.records.filter(number=OuterRef("record__number")))
        ).order_by("pk"),
        "annotate exists": lambda t: (
            t.records.annotate(e=Exists(t.tags.filter(record=OuterRef("pk"))))
            .order_by("pk")
            .values_list("pk", "e")[:9]
        ),
        "annotate subquery": lambda t: (
            t.records.annotate(
                w=Subquery(t.tags.filter(record=OuterRef("pk")).order_by("pk").values("word")[:1])
            )
            .order_by("pk")
            .values_list("pk", "w")[:9]
        ),
        "case across": lambda t: (
            t.tags.annotate(c=Case(When(record__flag=True, then=Value(1)), default=Value(0)))
            .order_by("pk")
            .values_list("pk", "c")
        ),
        "users of a group": lambda t: t.users.filter(groups__name="one").values_list("username"),
        "users not of a group": lambda t: t.users.exclude(groups__name="one").values_list(
            "username"
        ),
        "users of both groups": lambda t: (
            t.users.filter(groups__name="one").filter(groups__name="two").values_list("username")
        ),
        "groups of a user": lambda t: t.users.get(username="a").groups.values_list("name"),
        "groups with users": lambda t: (
            t.groups.annotate(n=Count("user")).order_by("name").values_list("name", "n")
        ),
        "users with groups": lambda t: [
            (u.username, sorted(g.name for g in u.groups.all()))
            for u in t.users.prefetch_related("groups").order_by("username")
        ],
        "permissions of a user": lambda t: sorted(t.users.get(username="a").get_all_permissions()),
        "groups and their users": lambda t: t.groups.filter(user__username__startswith="a").values(
            "name", "user__username"
        ),
    }
    return probes

"""The ORM on the engine answers as on SQLite, or refuses; it never answers otherwise."""

import datetime
import uuid
from decimal import Decimal

import pytest
from django.db import NotSupportedError, connection
from django.db.models import Avg, Count, Exists, F, Max, Min, OuterRef, Q, StdDev, Sum, Value
from django.db.models.functions import Coalesce, Lower

from tests.engine.engine_models.models import Record, Tag

METACHARACTERS = [".", ".*", "^", "$", "(", "[a", "\\", "%", "_", "{}", '{"a": 1}', "'", '"']
METACHARACTERS += ["\n", "$where", "%s", "", "é", "É", "a.c", "A", "abc\n", "\0"]
UTC = datetime.UTC


def make_records():
    """Records with every kind of value, NULL among them."""
    texts = [
        "abc",
        "a.c",
        "ABC",
        "Éa",
        "abc\n",
        "x%y_z",
        "(a[b",
        '{"a": 1}',
        "$where",
        "\\d",
        "a'b",
    ]
    for position, text in enumerate(texts, start=1):
        yield Record(
            pk=position,
            key=uuid.UUID(int=position),
            text=text,
            note=None if position % 3 == 0 else f"note {text}",
            number=None if position % 4 == 0 else position % 5,
            ratio=position / 4,
            amount=None if position % 5 == 0 else Decimal(position) / 4,
            flag=position % 2 == 0,
            day=None if position % 6 == 0 else datetime.date(2026, 1, position),
            moment=datetime.datetime(2026, 1, 1, position, tzinfo=UTC),
            clock=datetime.time(position, 30),
            span=datetime.timedelta(seconds=position),
            raw=bytes([position]),
        )


@pytest.fixture(autouse=True)
def stored():
    for alias in ("default", "sqlite"):
        Record.objects.using(alias).bulk_create(make_records())
        Tag.objects.using(alias).bulk_create(
            Tag(record_id=number, word=word)
            for number, word in [(1, "a"), (1, "b"), (2, "a"), (None, "c")]
        )
    yield
    for model in (Tag, Record):
        model.objects.using("sqlite").all().delete()


def answer(query, alias):
    """Return what a query gives: a value, or rows in an order that both databases have."""
    result = query(Record.objects.using(alias))
    return result if not hasattr(result, "__iter__") else list(result)


def agree(query):
    assert answer(query, "default") == answer(query, "sqlite")


SAME = {
    "exact": lambda r: r.filter(text="abc").order_by("pk"),
    "exact null": lambda r: r.filter(note=None).order_by("pk"),
    "exclude": lambda r: r.exclude(number=1).order_by("pk"),
    "exclude nullable comparison": lambda r: r.exclude(number__gt=2).order_by("pk"),
    "greater": lambda r: r.filter(number__gt=1).order_by("pk"),
    "at most": lambda r: r.filter(ratio__lte=1.5).order_by("pk"),
    "in": lambda r: r.filter(number__in=[1, 2, None]).order_by("pk"),
    "not in": lambda r: r.exclude(number__in=[1, 2]).order_by("pk"),
    "in nothing": lambda r: r.filter(number__in=[]).order_by("pk"),
    "not in nothing": lambda r: r.exclude(number__in=[]).order_by("pk"),
    "in subquery": lambda r: r.filter(pk__in=r.filter(flag=True).values("pk")).order_by("pk"),
    "not in subquery with null": lambda r: r.exclude(number__in=r.values("number")).order_by("pk"),
    "range": lambda r: r.filter(number__range=(1, 3), flag=True).order_by("pk"),
    "not range": lambda r: r.exclude(number__range=(1, 3)).order_by("pk"),
    "isnull": lambda r: r.filter(note__isnull=True).order_by("pk"),
    "isnull false": lambda r: r.filter(note__isnull=False).order_by("pk"),
    "flag": lambda r: r.filter(flag=True).order_by("pk"),
    "not flag": lambda r: r.exclude(flag=True).order_by("pk"),
    "or": lambda r: r.filter(Q(number=1) | Q(flag=True)).order_by("pk"),
    "xor": lambda r: r.filter(Q(number=1) ^ Q(flag=True)).order_by("pk"),
    "xor of three": lambda r: r.filter(Q(number=1) ^ Q(flag=True) ^ Q(ratio__lt=2)).order_by("pk"),
    "not of and of or": lambda r: r.filter(
        ~(Q(number=1) & (Q(flag=True) | ~Q(note=None)))
    ).order_by("pk"),
    "same field twice": lambda r: r.filter(Q(number__gt=1) & Q(number__lt=3)).order_by("pk"),
    "regex": lambda r: r.filter(text__regex=r"^a.c$").order_by("pk"),
    "iregex": lambda r: r.filter(text__iregex=r"^A.C$").order_by("pk"),
    "uuid": lambda r: r.filter(key=uuid.UUID(int=3)),
    "uuid in": lambda r: r.filter(key__in=[uuid.UUID(int=3), str(uuid.UUID(int=4))]).order_by("pk"),
    "decimal": lambda r: r.filter(amount__gte=Decimal("1.5")).order_by("pk"),
    "day": lambda r: r.filter(day__lt=datetime.date(2026, 1, 4)).order_by("pk"),
    "moment": lambda r: r.filter(moment__gte=datetime.datetime(2026, 1, 1, 4, tzinfo=UTC)).order_by(
        "pk"
    ),
    "clock": lambda r: r.filter(clock__gt=datetime.time(5)).order_by("pk"),
    "span": lambda r: r.filter(span__lt=datetime.timedelta(seconds=4)).order_by("pk"),
    "order by two": lambda r: r.order_by("-number", "text"),
    "order by value selected": lambda r: r.order_by("-text").values_list("text", flat=True),
    "slice": lambda r: r.order_by("pk")[2:5],
    "offset": lambda r: r.order_by("pk")[7:],
    "empty slice": lambda r: r.order_by("pk")[3:3],
    "first": lambda r: r.order_by("-ratio").first(),
    "last": lambda r: r.order_by("ratio").last(),
    "reverse": lambda r: r.order_by("pk").reverse(),
    "count": lambda r: r.filter(flag=True).count(),
    "count of nothing": lambda r: r.filter(number=99).count(),
    "count of a slice": lambda r: r.order_by("pk")[3:6].count(),
    "exists": lambda r: r.filter(number=1).exists(),
    "exists not": lambda r: r.filter(number=99).exists(),
    "values": lambda r: r.order_by("pk").values("text", "number"),
    "values list": lambda r: r.order_by("pk").values_list("pk", "amount", "raw"),
    "only": lambda r: [(x.text, x.number) for x in r.order_by("pk").only("text")],
    "distinct": lambda r: r.values_list("number", flat=True).distinct().order_by("number"),
    "count distinct rows": lambda r: r.values("number").distinct().count(),
    "aggregates": lambda r: sorted(
        r.aggregate(
            all=Count("*"),
            some=Count("number"),
            different=Count("number", distinct=True),
            total=Sum("number"),
            once=Sum("number", distinct=True),
            money=Sum("amount"),
            mean=Avg("ratio"),
            least=Min("day"),
            most=Max("text"),
        ).items()
    ),
    "aggregates of nothing": lambda r: sorted(
        r.filter(number=99).aggregate(n=Count("pk"), s=Sum("number"), m=Max("text")).items()
    ),
    "sum with default": lambda r: sorted(
        r.filter(number=99).aggregate(s=Sum("number", default=7)).items()
    ),
    "group": lambda r: r.values("number").annotate(n=Count("pk")).order_by("number"),
    "group having": lambda r: (
        r.values("number").annotate(n=Count("pk"), s=Sum("ratio")).filter(n__gt=1).order_by("-s")
    ),
    "group by two": lambda r: (
        r.values_list("number", "flag").annotate(Max("ratio")).order_by("number", "flag")
    ),
    "aggregate over groups": lambda r: sorted(
        r.values("flag").annotate(n=Count("pk")).aggregate(Max("n")).items()
    ),
    "compare columns": lambda r: r.filter(number__lt=F("ratio")).order_by("pk"),
    "not compare columns": lambda r: r.exclude(number__lt=F("ratio")).order_by("pk"),
    "arithmetic": lambda r: r.filter(ratio__gt=F("number") * 2 - 1).order_by("pk"),
    "annotate": lambda r: (
        r.annotate(double=F("number") * 2).order_by("pk").values_list("pk", "double")
    ),
    "annotate constant": lambda r: r.annotate(c=Value("$text")).order_by("pk").values_list("c"),
    "coalesce": lambda r: (
        r.annotate(c=Coalesce("number", Value(9))).order_by("pk").values_list("c")
    ),
    "in bulk": lambda r: sorted(r.in_bulk([1, 2, 99]).items()),
    "join": lambda r: r.filter(tags__word="a").order_by("pk"),
    "iterator": lambda r: list(r.order_by("pk").iterator(chunk_size=2)),
    "none": lambda r: r.none(),
}


@pytest.mark.parametrize("query", SAME.values(), ids=SAME.keys())
def test_engine_answers_as_sqlite_does(query):
    agree(query)


@pytest.mark.parametrize("text", METACHARACTERS, ids=repr)
@pytest.mark.parametrize("lookup", ["exact", "contains", "startswith", "endswith"])
def test_text_is_never_read_as_a_pattern(lookup, text):
    found = {r.text for r in Record.objects.filter(**{f"text__{lookup}": text})}
    matches = {"exact": str.__eq__, "contains": str.__contains__}.get(
        lookup, getattr(str, lookup, None)
    )
    assert found == {r.text for r in make_records() if matches(r.text, text)}


@pytest.mark.parametrize("text", METACHARACTERS, ids=repr)
def test_text_compares_without_regard_to_case_in_every_alphabet(text):
    found = {r.text for r in Record.objects.filter(text__icontains=text)}
    assert found == {r.text for r in make_records() if text.lower() in r.text.lower()}


REFUSED = {
    "raw SQL": lambda r: list(Record.objects.raw("SELECT * FROM engine_models_record")),
    "extra": lambda r: list(r.extra(where=["1 = 1"])),
    "union": lambda r: list(r.filter(pk=1).union(r.filter(pk=2))),
    "function": lambda r: list(r.annotate(l=Lower("text"))),
    "time of a datetime": lambda r: list(r.filter(moment__time=datetime.time(1))),
    "random order": lambda r: list(r.order_by("?")),
    "text of a number": lambda r: list(r.filter(number__contains=1)),
    "document as a value": lambda r: list(r.filter(text=Value({"$gt": ""}))),
    "deviation": lambda r: r.aggregate(n=StdDev("pk")),
    "distinct on": lambda r: list(r.order_by("text").distinct("text")),
    "conflicts updated": lambda r: r.bulk_create(
        [Record(pk=1)], update_conflicts=True, unique_fields=["key"], update_fields=["text"]
    ),
    "outer column": lambda r: list(r.filter(Exists(r.filter(number__lt=OuterRef("pk"))))),
    "explain": lambda r: r.explain(),
}


@pytest.mark.parametrize("query", REFUSED.values(), ids=REFUSED.keys())
def test_engine_refuses_what_it_does_not_know(query):
    with pytest.raises(NotSupportedError, match=r"."):
        query(Record.objects.all())


def test_refusal_names_the_construct_and_the_way_out():
    with pytest.raises(NotSupportedError, match=r"the expression Lower.*mongo_\*"):
        list(Record.objects.annotate(l=Lower("text")))


def test_sum_and_average_ignore_values_that_are_no_numbers():
    records = connection.database[Record._meta.db_table]
    keys = [document["_id"] for document in records.find()]
    for key, value in zip(keys, [2, 4, "6", True, *[None] * len(keys)], strict=False):
        records.update_one({"_id": key}, {"$set": {"number": value}})
    found = Record.objects.aggregate(total=Sum("number"), mean=Avg("number"))
    assert found == {"total": 6, "mean": 3.0}


def test_in_and_range_take_expressions_and_values():
    agree(lambda r: r.filter(number__in=[F("pk"), 2, None]).order_by("pk"))
    agree(lambda r: r.exclude(number__in=[F("pk"), F("ratio") * 4]).order_by("pk"))
    agree(lambda r: r.filter(number__range=(F("pk") - 1, 3)).order_by("pk"))
    agree(lambda r: r.exclude(ratio__range=(1, F("number"))).order_by("pk"))

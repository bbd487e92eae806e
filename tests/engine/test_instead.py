"""A refusal says what to write instead."""

import datetime

import pytest
from django.db import NotSupportedError, connection, migrations
from django.db.models import (
    CharField,
    Count,
    Exists,
    F,
    FilteredRelation,
    Func,
    IntegerField,
    OuterRef,
    Q,
    StdDev,
    Subquery,
    Value,
    Window,
)
from django.db.models.functions import Cast, ExtractHour, Lower, Now, RowNumber
from django.utils import timezone

from djongo_engine import instead
from tests.engine.engine_models.models import Record, Tag

NUMBERED = {"row": Window(RowNumber(), order_by="pk")}
RECORDS = Record.objects.all()
BERLIN = timezone.get_fixed_timezone(60)
REFUSED = {
    "union": (lambda: list(RECORDS.union(RECORDS)), "one filter"),
    "intersection": (lambda: list(RECORDS.intersection(RECORDS)), "one filter"),
    "difference": (lambda: list(RECORDS.difference(RECORDS)), "exclude"),
    "extra": (lambda: list(RECORDS.extra(select={"a": "1"})), "annotate"),
    "raw": (lambda: list(Record.objects.raw("SELECT 1")), "ORM"),
    "RunSQL": (
        lambda: migrations.RunSQL("SELECT 1").database_forwards(
            "world", connection.schema_editor(), None, None
        ),
        "RunPython",
    ),
    "explain": (lambda: RECORDS.explain(), "database.command"),
    "distinct on": (lambda: list(RECORDS.distinct("text")), "distinct"),
    "window": (lambda: list(RECORDS.annotate(**NUMBERED)), "rows"),
    "filter of a window": (lambda: list(RECORDS.annotate(**NUMBERED).filter(row=1)), "rows"),
    "cast": (lambda: list(RECORDS.annotate(a=Cast("number", CharField()))), "Python"),
    "output field": (
        lambda: list(RECORDS.annotate(a=Func(F("text"), output_field=IntegerField()))),
        "Python",
    ),
    "lower": (lambda: list(RECORDS.filter(text=Lower("note"))), "iexact"),
    "time": (lambda: list(RECORDS.filter(moment__time=datetime.time())), "hour"),
    "random": (lambda: list(RECORDS.order_by("?")), "sample"),
    "subquery as a value": (
        lambda: list(RECORDS.annotate(a=Subquery(RECORDS.values("text")[:1]))),
        "Exists",
    ),
    "equal to a subquery": (
        lambda: list(RECORDS.filter(number=RECORDS.values("number")[:1])),
        "`in`",
    ),
    "outer column": (
        lambda: list(RECORDS.filter(Exists(Tag.objects.filter(pk__lt=OuterRef("pk"))))),
        "equality",
    ),
    "function": (lambda: list(RECORDS.annotate(a=Now())), "in a field"),
    "operator": (lambda: list(RECORDS.annotate(a=F("number") % 2)), "in a field"),
    "deviation": (lambda: RECORDS.aggregate(a=StdDev("number")), "Sum"),
    "filtered relation": (
        lambda: list(
            RECORDS.annotate(a=FilteredRelation("tags", condition=Q(tags__word="a")))
            .annotate(n=Count("a"))
            .values("n")
        ),
        "filter=",
    ),
    "pattern": (lambda: list(RECORDS.filter(text__contains=F("note"))), "value"),
    "order of bytes": (lambda: list(RECORDS.order_by("raw")), "Sort"),
    "time zone": (lambda: list(RECORDS.annotate(a=ExtractHour("moment", tzinfo=BERLIN))), "tzinfo"),
    "mix": (lambda: list(RECORDS.filter(text=F("number"))), "Convert"),
    "inserted expression": (lambda: Record.objects.create(text=Lower(Value("A"))), "Python"),
    "NULL": (lambda: RECORDS.update(text=F("note")), "Coalesce"),
    "another type": (lambda: RECORDS.update(text=F("number")), "bulk_update"),
}


def message(query):
    with pytest.raises(NotSupportedError) as refused:
        query()
    return str(refused.value)


@pytest.mark.parametrize("name", REFUSED)
def test_refusal_says_what_to_write_instead(name):
    query, advice = REFUSED[name]
    assert advice in message(query).partition(". ")[2].partition("The manager's mongo_*")[0]


def test_every_advice_is_given():
    given = [message(query) for query, _ in REFUSED.values()]
    unused = [text for _, text in instead._WRITE if not any(text in each for each in given)]
    assert unused == []

"""The probes that write: after each, both databases must hold the same rows."""

import datetime
import itertools
import uuid
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Case, Count, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Abs, Coalesce, Concat, Length, Lower, Now

from tests.engine.engine_models.models import Record, Tag
from tests.engine.probes import ENGINE, JUDGE, UTC, Probe, Tables, outcome, plain

KEY = uuid.UUID(int=7919)


def contents(tables: Tables) -> Any:
    """Everything that is stored, except the ids that the database gave."""
    return [
        plain(tables.records.order_by("key").values(*RECORD_FIELDS)),
        plain(tables.tags.order_by("word", "record__key").values("word", "record__key")),
    ]


RECORD_FIELDS = [field.name for field in Record._meta.fields if field.name != "id"]


def documents() -> list[Any]:
    """Every document as it is stored."""
    return [
        list(connection.database[model._meta.db_table].find().sort("_id"))
        for model in (Record, Tag)
    ]


def compare_write(probe: Probe) -> tuple[tuple[str, Any], tuple[str, Any]]:
    """Run a change on both databases; return the outcomes with what is stored after them.

    A change that was refused must not have changed any document. One that failed may have, since
    nothing is rolled back.
    """
    before = documents()
    ours = outcome(probe, ENGINE)
    if ours[0] == "refused":
        assert documents() == before, ours
        return ours, ours
    with transaction.atomic(using="sqlite"):
        right = outcome(_inside(probe), JUDGE)
        right = right if right[0] == "error" else (right[0], (right[1], contents(JUDGE)))
        transaction.set_rollback(True, using="sqlite")
    ours = ours if ours[0] == "error" else (ours[0], (ours[1], contents(ENGINE)))
    return ours, right


def _inside(probe: Probe) -> Probe:
    def run(tables: Tables) -> Any:
        # An error must not end the transaction that is rolled back afterwards.
        with transaction.atomic(using="sqlite"):
            return probe(tables)

    return run


def tried(t: Tables, write: Probe) -> str:
    """Make a change that may break a constraint."""
    try:
        with transaction.atomic(using=t.alias):
            write(t)
    except IntegrityError:
        return "refused by a constraint"
    return "written"


CONDITIONS = {
    "all": Q(),
    "none": Q(pk__in=[]),
    "one": Q(pk=3),
    "some": Q(number__gt=0),
    "not some": ~Q(number__gt=0),
    "text": Q(text__contains="a"),
    "null": Q(note=None),
    "or": Q(number=1) | Q(flag=True),
    "xor": Q(number=1) ^ Q(flag=True),
    "computed": Q(number__lt=F("pk")),
    "year": Q(day__year=2026),
    "month": Q(day__month=2),
    "join": Q(tags__word="a"),
    "not join": ~Q(tags__word="a"),
    "join or": Q(tags__word="a") | Q(pk=4),
}
VALUES: dict[str, dict[str, Any]] = {
    "text": {"text": "$set"},
    "null": {"note": None, "amount": None},
    "operators": {"text": "$number", "note": "{$inc: 1}"},
    "numbers": {"number": 2**40, "ratio": 1, "amount": "1.5"},
    "rounded": {"amount": Decimal("1.005")},
    "times": {
        "day": datetime.date(2000, 2, 29),
        "moment": datetime.datetime(2000, 1, 1, 1, 1, 1, 5000, tzinfo=UTC),
        "clock": datetime.time(1, 2, 3),
        "span": datetime.timedelta(days=-2),
    },
    "bytes": {"raw": b"\0$", "flag": True},
    "plus one": {"number": F("number") + 1},
    "swap": {"ratio": F("number"), "number": F("pk")},
    "times amount": {"amount": F("amount") * Decimal("0.25")},
    "amount of number": {"amount": F("pk") + 1},
    "column": {"text": F("note")},
    "nothing": {"text": None},
    "nothing as a Value": {"text": Value(None)},
    "case without a default": {"text": Case(When(flag=True, then=Value("yes")))},
    "text column": {"note": F("text"), "text": "new"},
    "value": {"text": Value("$text"), "amount": Value(Decimal("2.5")), "number": Value(7)},
    "case": {"text": Case(When(flag=True, then=Value("yes")), default=F("text"))},
    "case of nothing": {"note": Case(When(number__gt=0, then=Value("plus")))},
    "coalesce": {"note": Coalesce("note", "text")},
    "concat": {"note": Concat("text", Value("!"))},
    "length": {"number": Length("text")},
    "abs": {"number": Abs("number")},
    "float to integer": {"number": F("ratio")},
    "number to text": {"text": F("number")},
    "lower": {"text": Lower("text")},
    "now": {"moment": Now()},
    "condition": {"flag": Q(number__gt=0) & Q(number__isnull=False)},
}


def writes() -> dict[str, Probe]:
    """The probes by name."""
    probes: dict[str, Probe] = {}
    for (where, tree), (what, values) in itertools.product(CONDITIONS.items(), VALUES.items()):
        # Each value under one condition, and each condition with a few values.
        if where == "some" or what in ("text", "plus one"):
            probes[f"update {where}: {what}"] = lambda t, q=tree, v=values: t.records.filter(
                q
            ).update(**v)
    for where, tree in CONDITIONS.items():
        probes[f"delete {where}"] = lambda t, q=tree: t.records.filter(q).delete()[0]
        probes[f"exclude and delete {where}"] = lambda t, q=tree: t.records.exclude(q).delete()[0]
    for name, tree in {
        "word": Q(word="a"),
        "record": Q(record=1),
        "record's text": Q(record__flag=True),
        "no record": Q(record=None),
    }.items():
        probes[f"delete tags by {name}"] = lambda t, q=tree: t.tags.filter(q).delete()
        probes[f"update tags by {name}"] = lambda t, q=tree: t.tags.filter(q).update(record=4)
    new = {"text": "new", "key": uuid.UUID(int=1)}
    return probes | {
        "create": lambda t: t.records.create(**new).text,
        "create with nothing": lambda t: tried(
            t, lambda t: t.records.create(text=None, key=new["key"])
        ),
        "bulk create with nothing": lambda t: tried(
            t,
            lambda t: t.records.bulk_create(
                [Record(text=x, key=uuid.UUID(int=n)) for n, x in enumerate(["a", None])]
            ),
        ),
        "create with a duplicate key": lambda t: tried(
            t, lambda t: t.records.create(text="x", key=KEY)
        ),
        "save again": lambda t: _save(t.records.get(pk=3)),
        "save some fields": lambda t: _save(t.records.get(pk=3), update_fields=["number"]),
        "save a deleted one": lambda t: _save_deleted(t),
        "get or create, there": lambda t: t.records.get_or_create(key=KEY, defaults={"text": "no"})[
            1
        ],
        "get or create, new": lambda t: t.records.get_or_create(key=new["key"], defaults=new)[1],
        "get or create by two": lambda t: t.tags.get_or_create(record_id=1, word="a")[1],
        "update or create, there": lambda t: t.records.update_or_create(
            key=KEY, defaults={"text": "yes"}
        )[1],
        "update or create, new": lambda t: t.records.update_or_create(
            key=new["key"], defaults={"number": 3}, create_defaults=new
        )[1],
        "bulk create": lambda t: len(
            t.records.bulk_create(Record(text=x, key=uuid.UUID(int=n)) for n, x in enumerate("abc"))
        ),
        "bulk create in batches": lambda t: len(
            t.records.bulk_create(
                [Record(text=x, key=uuid.UUID(int=n)) for n, x in enumerate("abcde")], batch_size=2
            )
        ),
        "bulk create of nothing": lambda t: t.records.bulk_create([]),
        "bulk create with a duplicate": lambda t: tried(
            t,
            lambda t: t.records.bulk_create(
                [Record(text=x, key=k) for x, k in [("a", new["key"]), ("b", KEY)]]
            ),
        ),
        "bulk create with a duplicate among them": lambda t: tried(
            t, lambda t: t.records.bulk_create([Record(text=x, key=new["key"]) for x in "ab"])
        ),
        "bulk create, conflicts ignored": lambda t: len(
            t.tags.bulk_create(
                [Tag(record_id=r, word=w) for r, w in [(1, "a"), (4, "z"), (4, "z"), (None, "a")]],
                ignore_conflicts=True,
            )
        ),
        "bulk create, conflicts updated": lambda t: len(
            t.tags.bulk_create(
                [Tag(record_id=1, word="a")],
                update_conflicts=True,
                unique_fields=["record", "word"],
                update_fields=["word"],
            )
        ),
        "bulk update": lambda t: t.records.bulk_update(
            [_changed(r) for r in t.records.filter(pk__lte=3)], ["text", "number"]
        ),
        "update to a duplicate": lambda t: tried(
            t, lambda t: t.records.filter(pk=2).update(key=KEY)
        ),
        "update by a subquery": lambda t: t.records.filter(
            pk__in=t.tags.filter(word="a").values("record")
        ).update(text="x"),
        "update by exists": lambda t: t.records.filter(
            Exists(t.tags.filter(record=OuterRef("pk")))
        ).update(text="x"),
        "update with a subquery": lambda t: t.records.update(
            note=Subquery(t.tags.filter(record=OuterRef("pk")).values("word")[:1])
        ),
        "update of annotated": lambda t: (
            t.records.annotate(x=F("number") + 1).filter(x__gt=1).update(text="x")
        ),
        "update by a count": lambda t: (
            t.records.annotate(n=Count("tags")).filter(n__gt=1).update(text="x")
        ),
        "delete by a count": lambda t: (
            t.tags.annotate(n=Count("record")).filter(n__gt=0).delete()[0]
        ),
        "delete by a subquery": lambda t: t.tags.filter(
            record__in=t.records.filter(flag=True)
        ).delete()[0],
        "delete by exists": lambda t: t.tags.filter(
            Exists(t.records.filter(pk=OuterRef("record"), flag=True))
        ).delete()[0],
        "delete of distinct": lambda t: t.records.values("pk").distinct().delete()[0],
        "delete of ordered": lambda t: t.records.order_by("-pk").filter(pk__gt=2).delete()[0],
        "delete of a slice": lambda t: t.records.order_by("pk")[:2].delete(),
        "update of a slice": lambda t: t.records.order_by("pk")[:2].update(text="x"),
        "delete of a union": lambda t: t.records.all().union(t.records.all()).delete(),
        "delete of extra": lambda t: t.records.extra(where=["1 = 1"]).delete(),
        "update of extra": lambda t: t.records.extra(where=["1 = 1"]).update(text="x"),
        "delete one": lambda t: t.records.get(pk=1).delete()[0],
        "tags set": lambda t: t.records.get(pk=1).tags.set(t.tags.filter(word="c")),
        "tags cleared": lambda t: t.records.get(pk=1).tags.clear(),
        "tag added": lambda t: t.records.get(pk=4).tags.add(t.tags.get(pk=7)),
        "tag made": lambda t: t.records.get(pk=4).tags.create(word="made").word,
        "foreign key moved": lambda t: t.tags.filter(pk=1).update(record=t.records.get(pk=4)),
    }


def _save(record: Record, **options: Any) -> None:
    record.number, record.text = 77, "saved"
    record.save(**options)


def _save_deleted(t: Tables) -> int:
    record = t.records.get(pk=3)
    t.records.filter(pk=3).delete()
    record.save()
    return record.pk


def _changed(record: Record) -> Record:
    record.text, record.number = f"new {record.text}"[:50], None
    return record

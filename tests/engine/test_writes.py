"""The engine writes exactly what was asked for, or nothing."""

import datetime
import threading
import uuid
from decimal import Decimal

import pytest
from bson import Decimal128
from django.db import (
    DatabaseError,
    DataError,
    IntegrityError,
    NotSupportedError,
    connection,
    transaction,
)
from django.db.models import F, Max, Sum, Value
from django.db.models.functions import Upper
from django.utils import timezone

from djongo_engine.errors import DUPLICATE_KEY
from tests.engine.engine_models.models import Record, Tag


def documents(model=Record):
    return list(connection.database[model._meta.db_table].find({}, {"_id": False}).sort("id"))


def test_every_type_comes_back_as_it_went_in():
    values = {
        "key": uuid.uuid4(),
        "amount": Decimal("12.50"),
        "day": datetime.date(1969, 7, 20),
        "moment": datetime.datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=datetime.UTC),
        "clock": datetime.time(23, 59, 59),
        "span": datetime.timedelta(days=-1, microseconds=7),
        "raw": b"\x00\xff",
        "note": '{"$gt": 1}',
    }
    record = Record.objects.create(text="$x", number=-5, flag=True, **values)
    read = Record.objects.get(pk=record.pk)
    assert {name: getattr(read, name) for name in values} == values
    read.save()
    assert Record.objects.get(pk=record.pk).amount == Decimal("12.50")


def test_uuid_and_decimal_are_stored_as_text_and_decimal128():
    key = uuid.uuid4()
    Record.objects.create(key=key, text="a", amount=Decimal("1.5"))
    (document,) = documents()
    assert (document["key"], document["amount"]) == (str(key), Decimal128("1.50"))


def test_chosen_id_is_kept_and_never_given_again():
    assert Record.objects.create(pk=500, text="a").pk == 500
    assert Record.objects.create(text="b").pk == 501


def in_threads(number, create):
    start = threading.Barrier(number)

    def together():
        try:
            start.wait()
            created.append(create())
        finally:
            connection.close()

    created = []
    threads = [threading.Thread(target=together) for _ in range(number)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    return created


def test_without_a_counter_ids_go_on_from_the_highest_in_threads_too():
    Record.objects.bulk_create([Record(text=text) for text in "abc"])
    highest = Record.objects.aggregate(Max("pk"))["pk__max"]
    for _ in range(5):
        connection.database["__schema__"].delete_one({"name": Record._meta.db_table})
        created = in_threads(2, lambda: Record.objects.create(text="d").pk)
        assert sorted(created) == [highest + 1, highest + 2]
        highest += 2


def test_without_a_counter_a_chosen_id_does_not_hide_the_highest():
    lowest, *_, highest = [Record.objects.create(text=text).pk for text in "abc"]
    Record.objects.get(pk=lowest).delete()
    connection.database["__schema__"].delete_one({"name": Record._meta.db_table})
    Record.objects.create(pk=lowest, text="d")
    assert Record.objects.create(text="e").pk == highest + 1


def test_bulk_create_fills_in_ids_in_order():
    records = Record.objects.bulk_create([Record(text=text) for text in "abc"])
    assert [r.pk for r in records] == [d["id"] for d in documents()]


def test_bulk_create_with_a_duplicate_stores_none():
    Record.objects.create(pk=2, text="there")
    with pytest.raises(IntegrityError):
        Record.objects.bulk_create([Record(pk=number, text="new") for number in (1, 2, 3)])
    assert [d["text"] for d in documents()] == ["there"]


def test_duplicate_is_an_integrity_error_with_a_message():
    key = uuid.uuid4()
    Record.objects.create(text="a", key=key)
    with pytest.raises(IntegrityError) as caught:
        Record.objects.create(text="b", key=key)
    assert caught.value.__cause__.code == DUPLICATE_KEY
    assert str(caught.value)


def test_unique_constraint_counts_nulls_as_different():
    Tag.objects.create(word="a")
    Tag.objects.create(word="a")
    assert Tag.objects.count() == 2


def test_integer_beyond_64_bits_is_a_data_error():
    with pytest.raises(DataError):
        Record.objects.create(text="a", number=2**63)


def test_get_or_create_inside_atomic_survives_a_duplicate():
    with transaction.atomic():
        _, created = Record.objects.get_or_create(pk=1, defaults={"text": "a"})
        again, created_again = Record.objects.get_or_create(pk=1, defaults={"text": "b"})
    assert (created, created_again, again.text) == (True, False, "a")


def test_duplicate_that_is_caught_inside_atomic_does_not_break_the_block():
    Record.objects.create(pk=1, text="a")
    committed = []
    with transaction.atomic():
        transaction.on_commit(lambda: committed.append(Record.objects.get().text))
        with pytest.raises(IntegrityError), transaction.atomic():
            Record.objects.create(pk=1, text="b")
    assert committed == ["a"]


def test_update_or_create_side_by_side_creates_once():
    key = uuid.uuid4()

    def write(number):
        Record.objects.update_or_create(key=key, defaults={"number": number, "text": "x"})

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert Record.objects.count() == 1


def test_update_reaches_what_its_condition_selects_and_nothing_else():
    Record.objects.bulk_create([Record(text="a", number=n) for n in (1, 2, 3)])
    assert Record.objects.filter(number__gte=2).update(text="b", note=None) == 2
    assert [(d["number"], d["text"]) for d in documents()] == [(1, "a"), (2, "b"), (3, "b")]


def test_update_with_f_is_computed_in_the_database():
    Record.objects.bulk_create([Record(text="$number", number=n) for n in (1, None)])
    Record.objects.update(number=F("number") + 10, text="$note")
    assert [(d["number"], d["text"]) for d in documents()] == [(11, "$note"), (None, "$note")]


def test_update_and_delete_by_a_condition_on_another_collection_select_first():
    one, two = (Record.objects.create(text=text) for text in "ab")
    Tag.objects.create(record=one, word="x")
    assert Record.objects.filter(tags__word="x").update(text="c") == 1
    assert Record.objects.filter(tags__word="x").delete()[1]["engine_models.Record"] == 1
    assert list(Record.objects.all()) == [two]


@pytest.mark.parametrize(
    "write",
    [
        lambda: Record.objects.update(text=Upper("text")),
        lambda: Record.objects.update(text=Value({"$inc": 1})),
        lambda: Record.objects.filter(moment__time=datetime.time(1)).update(text="b"),
        lambda: Record.objects.filter(moment__time=datetime.time(1)).delete(),
        lambda: Record.objects.extra(where=["1=1"]).delete(),
        lambda: Record.objects.create(text=Upper(Value("a"))),
    ],
)
def test_refused_write_changes_nothing(write):
    Record.objects.create(text="a", day=datetime.date(2026, 1, 1))
    before = documents()
    with pytest.raises(NotSupportedError):
        write()
    assert documents() == before


def test_write_that_selects_nothing_changes_nothing():
    Record.objects.create(text="a")
    assert Record.objects.filter(pk__in=[]).update(text="b") == 0
    assert Record.objects.none().delete() == (0, {})
    assert Record.objects.aggregate(Max("pk"))["pk__max"] is not None


def test_delete_follows_foreign_keys():
    record = Record.objects.create(text="a")
    Tag.objects.create(record=record, word="x")
    assert record.delete()[0] == 2
    assert not Tag.objects.exists()


def test_result_beyond_64_bits_is_an_error_and_never_a_rounded_number():
    Record.objects.bulk_create([Record(text="a", number=2**62) for _ in range(2)])
    with pytest.raises(DatabaseError):
        Record.objects.aggregate(Sum("number"))
    with pytest.raises(DataError):
        list(Record.objects.annotate(x=F("number") * 4))


def test_update_beyond_64_bits_fails_and_stores_no_rounded_number():
    Record.objects.create(text="a", number=2**62)
    with pytest.raises(DatabaseError):
        Record.objects.update(number=F("number") * 4)
    assert documents()[0]["number"] == 2**62


def test_nan_is_neither_stored_nor_compared():
    with pytest.raises(NotSupportedError):
        Record.objects.create(text="a", ratio=float("nan"))
    with pytest.raises(NotSupportedError):
        Record.objects.filter(ratio__lt=float("nan")).delete()


def test_datetimes_are_cut_to_milliseconds_when_stored_and_when_compared():
    moment = datetime.datetime(2026, 1, 1, 0, 0, 0, 1999, tzinfo=datetime.UTC)
    record = Record.objects.create(text="a", moment=moment, clock=moment.time())
    assert Record.objects.get(moment=moment, clock=moment.time()) == record
    record.refresh_from_db()
    assert (record.moment.microsecond, record.clock.microsecond) == (1000, 1000)


def test_decimal_beyond_34_digits_is_a_data_error():
    with pytest.raises(DataError):
        Record.objects.filter(amount=Decimal("1" * 35)).exists()


def test_parts_of_a_datetime_are_refused_in_another_time_zone():
    moment = datetime.datetime(2025, 12, 31, 23, 30, tzinfo=datetime.UTC)
    record = Record.objects.create(text="a", moment=moment)
    with timezone.override("Europe/Berlin"):
        with pytest.raises(NotSupportedError):
            Record.objects.filter(moment__month=12).exists()
        assert Record.objects.get(moment__year=2026) == record

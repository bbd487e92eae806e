"""bulk_update() of every kind of field, and the guard of NOT NULL."""

import datetime
import uuid
from decimal import Decimal

import pytest
from django.db import NotSupportedError
from django.db.models import Case, F, Q, Value, When

from tests.engine.engine_models.models import Record
from tests.engine.programs.models import Book, Novel, Saga, Shelf

UTC = datetime.UTC
VALUES = {
    "key": uuid.UUID(int=7),
    "text": "$text",
    "number": None,
    "ratio": 0.25,
    "amount": Decimal("1.25"),
    "flag": True,
    "day": datetime.date(2026, 1, 2),
    "moment": datetime.datetime(2026, 1, 2, 3, tzinfo=UTC),
    "clock": datetime.time(3),
    "span": datetime.timedelta(seconds=7),
    "raw": b"\xff",
}


def test_every_kind_of_field_takes_the_value_of_its_object():
    records = [Record.objects.create(text=text, number=1) for text in "ab"]
    for name, value in VALUES.items():
        setattr(records[0], name, value)
    assert Record.objects.bulk_update(records, VALUES) == 2
    first, second = Record.objects.order_by("pk")
    assert {name: getattr(first, name) for name in VALUES} == VALUES
    assert (second.text, second.number) == ("b", 1)


def test_inherited_fields_are_updated_in_the_parent_s_collection():
    saga = Saga.objects.create(title="a", genre="x", volumes=1)
    saga.title, saga.genre, saga.volumes = "b", "y", 2
    assert Saga.objects.bulk_update([saga], ["title", "genre", "volumes"]) == 1
    assert Book.objects.get().title == "b"
    assert Novel.objects.get().genre == "y"


def test_keys_that_are_texts():
    shelf = Shelf.objects.create(code="A$", room=1)
    shelf.room = F("room") + 1
    assert Shelf.objects.bulk_update([shelf], ["room"]) == 1
    assert Shelf.objects.get().room == 2


def test_objects_that_a_condition_over_a_relation_leaves_out_stay():
    books = [Book.objects.create(title=title) for title in "ab"]
    books[0].reviews.create(stars=5)
    for book in books:
        book.title = "c"
    assert Book.objects.filter(reviews__stars=5).bulk_update(books, ["title"]) == 1
    assert sorted(Book.objects.values_list("title", flat=True)) == ["b", "c"]


NULL = {
    "a value": lambda book: Case(When(pk=book.pk, then=None)),
    "a column": lambda book: Case(When(pk=book.pk, then=F("subtitle"))),
    "a row that no WHEN asks for": lambda book: Case(When(pk=book.pk + 1, then=Value("x"))),
    "a WHEN with another condition": lambda book: Case(When(pk=book.pk, pages=1, then=Value("x"))),
    "a WHEN that is negated": lambda book: Case(When(~Q(pk=book.pk), then=Value("x"))),
}


@pytest.mark.parametrize("case", NULL.values(), ids=NULL.keys())
def test_case_that_may_be_null_is_refused_for_a_field_that_is_not(case):
    book = Book.objects.create(title="a")
    with pytest.raises(NotSupportedError, match=r"title \(NOT NULL\)"):
        Book.objects.filter(pk__in=[book.pk]).update(title=case(book))
    assert Book.objects.get().title == "a"


def test_case_is_refused_where_the_condition_selects_other_rows_too():
    book = Book.objects.create(title="a")
    title = Case(When(pk=book.pk, then=Value("b")))
    for rows in (
        Book.objects.all(),
        Book.objects.exclude(pk__in=[book.pk]),
        Book.objects.filter(pk__in=[book.pk]) | Book.objects.filter(title="z"),
        Book.objects.filter(pk__gte=book.pk),
    ):
        with pytest.raises(NotSupportedError, match=r"title \(NOT NULL\)"):
            rows.update(title=title)

"""Aggregates, and arithmetic with them, over rows, groups, slices and nothing."""

import pytest
from django.db.models import Avg, Count, F, Max, Min, Q, Sum, Value
from django.db.models.functions import Coalesce

from tests.engine.programs.models import Book, Contribution, Person, Publisher, Review


@pytest.fixture(autouse=True)
def library():
    faber = Publisher.objects.create(name="Faber", country="uk")
    for name, country in (("Viking", "uk"), ("Knopf", "us"), ("Acme", None), ("Bell", None)):
        Publisher.objects.create(name=name, country=country)
    for title, pages, publisher in (("a", 10, faber), ("b", 20, faber), ("c", None, None)):
        Book.objects.create(title=title, pages=pages, publisher=publisher)


NO_BOOKS = {
    "no row": lambda: Book.objects.filter(title="z"),
    "none": lambda: Book.objects.none(),
    "empty slice": lambda: Book.objects.order_by("pk")[2:2],
    "slice behind the end": lambda: Book.objects.order_by("pk")[7:9],
    "no distinct row": lambda: Book.objects.filter(title="z").distinct(),
    "no group": lambda: Book.objects.filter(title="z").values("pages").annotate(n=Count("pk")),
}


@pytest.mark.parametrize("books", NO_BOOKS.values(), ids=NO_BOOKS.keys())
def test_aggregates_of_nothing(books):
    found = books().aggregate(
        count=Count("pk"),
        total=Sum("pages"),
        default=Sum("pages", default=0),
        computed=Sum("pages", default=Value(5) * Value(7)),
        coalesced=Coalesce(Max("pages"), 3) + 1,
        more=Max("pages") + 1,
        both=Count("pk") + Count("title"),
    )
    assert found == {
        "count": 0,
        "total": None,
        "default": 0,
        "computed": 35,
        "coalesced": 4,
        "more": None,
        "both": 0,
    }


def test_arithmetic_with_aggregates_of_all_rows():
    found = Book.objects.aggregate(span=Max("pages") - Min("pages"), twice=Sum("pages") * 2)
    assert found == {"span": 10, "twice": 60}


def test_aggregate_of_another_aggregate_of_the_same_call():
    books = Book.objects.order_by("pk")
    for rows in (books, books[:2]):
        assert rows.aggregate(a=Sum("pages"), b=F("a") * 2 + Count("pk")) == {
            "a": 30,
            "b": 60 + len(rows),
        }


def test_arithmetic_over_a_slice():
    found = Book.objects.order_by("-title")[:2].aggregate(
        total=Sum("pages", default=0), most=Max("pages") + 1, some=Count("pk", filter=Q(pages=20))
    )
    assert found == {"total": 20, "most": 21, "some": 1}


def test_arithmetic_over_distinct_rows():
    countries = Publisher.objects.values("country").distinct()
    assert countries.aggregate(n=Count("country") * 10) == {"n": 20}


def test_arithmetic_over_groups():
    counts = Publisher.objects.annotate(n=Count("books"), pages=Sum("books__pages", default=0))
    found = counts.aggregate(
        most=Max("n") + 1, mean=Avg("n"), total=Sum("pages"), first=Coalesce(Min("n"), 9)
    )
    assert found == {"most": 3, "mean": 0.4, "total": 30, "first": 0}


def test_condition_on_groups_of_nothing_holds_for_the_group_of_all_rows():
    Book.objects.all().delete()
    everything = Book.objects.values(x=Value(1)).annotate(n=Count("pk"))
    assert [row["n"] for row in everything.filter(n=0).values("n")] == [0]


def test_same_aggregate_before_and_after_another_join_counts_other_rows():
    ann = Person.objects.create(name="Ann")
    for book in Book.objects.all():
        Contribution.objects.create(book=book, person=ann)
    people = Person.objects.annotate(a=Max("books__pages")).filter(books__title="a")
    assert people.annotate(b=Max("books__pages")).values_list("a", "b").get() == (20, 10)


def test_same_expression_before_and_after_another_join_reads_other_rows():
    ann = Person.objects.create(name="Ann")
    for book in Book.objects.exclude(pages=None):
        Contribution.objects.create(book=book, person=ann)
    people = Person.objects.annotate(a=F("books__pages") + 1).filter(books__title="a")
    both = people.annotate(b=F("books__pages") + 1).values_list("a", "b")
    assert sorted(both) == [(11, 11), (21, 11)]


def test_distinct_values_beside_the_ordering_of_the_model():
    for name, born in (("a", 1950), ("a", 1950), ("b", 1950)):
        Person.objects.create(name=name, born=born)
    # As in SQL, what orders the rows is among what must be distinct: here name and pk.
    assert list(Person.objects.values_list("born", flat=True).distinct()) == [1950] * 3
    assert list(Person.objects.values_list("born").distinct().order_by()) == [(1950,)]
    assert list(Person.objects.values_list("born").distinct().order_by("-name")) == [(1950,)] * 2


def test_distinct_rows_ordered_by_a_relation():
    books = Book.objects.distinct().order_by(F("publisher__name").asc(nulls_last=True), "-pages")
    assert [book.title for book in books] == ["b", "a", "c"]


def test_mean_of_no_value_is_null():
    assert Review.objects.aggregate(mean=Avg("stars")) == {"mean": None}
    groups = Publisher.objects.annotate(mean=Avg("books__pages")).order_by("pk")
    assert [group.mean for group in groups] == [15, None, None, None, None]

"""Joins: SQL's answers, from the collection where a condition leaves fewest documents."""

import pytest
from django.db import connection
from django.db.models import Count, Q, Sum

from tests.engine.programs.models import (
    Book,
    Contribution,
    Cover,
    Film,
    Publisher,
    Review,
)


@pytest.fixture
def review_of_nothing():
    """A publisher without books, and a review without a book."""
    publisher = Publisher.objects.create(name="Faber", country="uk")
    Review.objects.create(stars=5)
    return publisher


def test_left_join_behind_a_left_join_finds_nothing_for_nothing(review_of_nothing):
    counted = Publisher.objects.annotate(n=Count("books__reviews"), s=Sum("books__reviews__stars"))
    assert list(counted.values_list("n", "s")) == [(0, None)]


def test_delete_over_two_left_joins_spares_what_has_no_partner(review_of_nothing):
    Publisher.objects.filter(Q(books__reviews__stars=5) | Q(country="xx")).delete()
    assert Publisher.objects.exists()


def test_self_reference_followed_twice_adds_no_rows():
    last = Book.objects.create(title="c")
    Book.objects.create(title="a", sequel=Book.objects.create(title="b", sequel=last))
    assert len(Book.objects.select_related("sequel__sequel")) == 3


def test_one_to_one_behind_a_left_join_finds_nothing_for_nothing():
    Cover.objects.create(colour="red")
    Publisher.objects.create()
    assert list(Publisher.objects.values_list("books__cover__colour")) == [(None,)]


def test_parent_of_an_inherited_model_behind_a_left_join_finds_nothing_for_nothing():
    Review.objects.create(text="of no book")
    Film.objects.create(title="of no novel")
    assert list(Film.objects.values_list("novel__reviews__text")) == [(None,)]


def test_foreign_document_that_lacks_the_column_joins_nothing(review_of_nothing):
    connection.database["programs_review"].update_many({}, {"$unset": {"book_id": ""}})
    assert list(Publisher.objects.values_list("books__reviews")) == [(None,)]


def test_foreign_document_that_lacks_its_key_joins_nothing():
    connection.database["programs_publisher"].insert_one({"name": "without an id"})
    Book.objects.create(title="a")
    assert list(Book.objects.values_list("publisher__name")) == [(None,)]


def test_two_columns_that_may_be_null_join_where_they_are_equal():
    book = Book.objects.create(isbn="1")
    Book.objects.create(isbn=None)
    Film.objects.create(title="film", source=book)
    Film.objects.create(title="of no book")
    titles = Book.objects.order_by("pk").values_list("isbn", "sources__title")
    assert list(titles) == [("1", "film"), (None, None)]


@pytest.fixture
def library():
    """Ten publishers of ten books each; one review and one contribution a book."""
    Publisher.objects.bulk_create(Publisher(pk=n, name=f"publisher {n}") for n in range(1, 11))
    Book.objects.bulk_create(
        Book(pk=n, title=f"book {n}", publisher_id=(n - 1) // 10 + 1) for n in range(1, 101)
    )
    Review.objects.bulk_create(Review(pk=n, book_id=n, stars=n % 5) for n in range(1, 101))
    Contribution.objects.bulk_create(
        Contribution(pk=n, book_id=n, person_id=1) for n in range(1, 101)
    )


def read_first(queryset):
    """The collection that a query starts from, and how many documents it reads there."""
    plan = queryset.query.get_compiler(connection=connection).plan()
    command = {"aggregate": plan.collection, "pipeline": plan.pipeline(), "cursor": {}}
    answer = connection.database.command("explain", command, verbosity="executionStats")
    statistics = answer["stages"][0]["$cursor"]["executionStats"]
    return plan.collection.removeprefix("programs_"), statistics["totalDocsExamined"]


@pytest.mark.usefixtures("library")
def test_condition_on_the_base_table_comes_before_the_join():
    assert read_first(Book.objects.select_related("publisher").filter(pk=7)) == ("book", 1)


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize(
    ("queryset", "start"),
    [
        (Book.objects.filter(publisher__name="publisher 3"), ("publisher", 10)),
        (Review.objects.filter(book__publisher__name="publisher 3"), ("publisher", 10)),
        (Review.objects.filter(book__publisher=3), ("book", 10)),
        (Publisher.objects.filter(books__reviews=17), ("review", 1)),
        (Publisher.objects.filter(books__reviews__stars=1, pk=2), ("publisher", 1)),
        (Publisher.objects.filter(books__title="book 17"), ("book", 100)),
    ],
)
def test_query_starts_where_its_condition_leaves_fewest(queryset, start):
    assert read_first(queryset) == start


@pytest.mark.usefixtures("library")
def test_query_starts_from_its_base_where_the_way_back_has_no_index():
    assert read_first(Review.objects.filter(reviewer__name="Ann")) == ("review", 100)


@pytest.mark.usefixtures("library")
def test_query_for_a_page_starts_from_its_base_where_the_other_condition_is_a_range():
    page = Review.objects.filter(book__pages__gt=3).order_by("pk")[:5]
    assert read_first(page)[0] == "review"


@pytest.mark.usefixtures("library")
def test_rows_that_a_query_from_the_joined_side_finds_are_those_of_the_join():
    found = Review.objects.filter(book__publisher__name="publisher 3", stars=1).order_by("-pk")
    assert [review.pk for review in found] == [26, 21]


@pytest.mark.usefixtures("library")
def test_page_of_an_inner_join_leaves_out_what_dangles_and_is_full():
    Contribution.objects.filter(pk=1).update(book=1_000)
    page = Contribution.objects.select_related("book").order_by("pk")[1:4]
    assert [each.book.title for each in page] == ["book 3", "book 4", "book 5"]


@pytest.mark.usefixtures("library")
def test_page_of_an_inner_join_without_dangling_references_is_one_command(
    django_assert_num_queries,
):
    with django_assert_num_queries(1):
        page = Contribution.objects.select_related("book").order_by("pk")[1:4]
        assert [each.book.title for each in page] == ["book 2", "book 3", "book 4"]


@pytest.mark.usefixtures("library")
def test_count_of_a_page_of_an_inner_join_leaves_out_what_dangles():
    Contribution.objects.filter(pk__lte=50).update(book=1_000)
    assert Contribution.objects.filter(book__title__startswith="b")[:60].count() == 50


def test_join_of_an_order_ends_with_the_query_that_is_sorted_by_it():
    Contribution.objects.create(book_id=999, person_id=999)
    by_title = Contribution.objects.order_by("book__title")
    assert list(by_title) == []
    assert by_title.order_by("pk").count() == 1
    assert len(by_title.order_by("pk")) == 1


def test_join_of_select_related_ends_with_the_query_that_selects_it():
    Contribution.objects.create(book_id=999, person_id=999)
    with_book = Contribution.objects.select_related("book")
    assert list(with_book) == []
    assert len(with_book.select_related(None)) == 1

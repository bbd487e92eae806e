"""prefetch_related() over every kind of relation."""

import pytest
from django.db import NotSupportedError, connection
from django.db.models import Count, Prefetch
from django.test.utils import CaptureQueriesContext

from tests.engine.programs.models import (
    Author,
    Book,
    Contribution,
    Cover,
    Film,
    Novel,
    Person,
    Publisher,
    Shelf,
    Tag,
)


@pytest.fixture(autouse=True)
def library():
    publisher = Publisher.objects.create(name="Faber")
    shelf = Shelf.objects.create(code="A")
    ann, bob = Author.objects.create(name="Ann"), Person.objects.create(name="Bob")
    sea = Novel.objects.create(title="Sea", isbn="1", publisher=publisher, shelf=shelf, hero=bob)
    hill = Book.objects.create(title="Hill", sequel=sea.book_ptr)
    for book, person in ((sea, ann), (sea, bob), (hill, bob)):
        Contribution.objects.create(book_id=book.pk, person_id=person.pk)
    sea.tags.add(Tag.objects.create(word="new"), Tag.objects.create(word="blue"))
    Cover.objects.create(book=sea, colour="red")
    Film.objects.create(title="Film", novel=sea, source=sea)


def shown(rows, show):
    """What each of the rows shows; it has cost one query for each relation and one more."""
    with CaptureQueriesContext(connection) as queries:
        objects = list(rows)
    fetched = len(queries)
    with CaptureQueriesContext(connection) as queries:
        values = [show(each) for each in objects]
    assert len(queries) == 0
    return values, fetched


def title(book):
    return book and book.title


def test_foreign_keys_that_may_be_null():
    books = Book.objects.order_by("title").prefetch_related("publisher", "shelf", "sequel")
    values, fetched = shown(books, lambda b: (b.publisher_id and b.publisher.name, title(b.sequel)))
    assert (values, fetched) == ([(None, "Sea"), ("Faber", None)], 4)


def test_foreign_key_to_a_child_model_and_to_another_column():
    films = Film.objects.prefetch_related("novel", "source")
    assert shown(films, lambda f: (f.novel.title, f.source.title)) == ([("Sea", "Sea")], 3)


def test_one_to_one_relation_from_both_sides():
    assert shown(Cover.objects.prefetch_related("book"), lambda c: c.book.title) == (["Sea"], 2)
    novels = Novel.objects.prefetch_related("cover", "book_ptr")
    assert shown(novels, lambda n: (n.cover.colour, n.book_ptr.title)) == ([("red", "Sea")], 3)


def test_many_to_many_relation():
    books = Book.objects.order_by("title").prefetch_related("tags")
    values, fetched = shown(books, lambda b: sorted(tag.word for tag in b.tags.all()))
    assert (values, fetched) == ([[], ["blue", "new"]], 2)


def test_many_to_many_relation_with_a_model_of_its_own_and_its_ordering():
    books = Book.objects.order_by("title").prefetch_related("people")
    values, _ = shown(books, lambda b: [person.name for person in b.people.all()])
    assert values == [["Bob"], ["Ann", "Bob"]]


def test_many_to_many_relation_of_an_inherited_model():
    novels = Novel.objects.prefetch_related("tags", "people")
    assert shown(novels, lambda n: (len(n.tags.all()), len(n.people.all()))) == ([(2, 2)], 3)
    authors = Author.objects.prefetch_related("books")
    assert shown(authors, lambda a: [b.title for b in a.books.all()]) == ([["Sea"]], 2)


def test_many_to_many_relation_with_a_queryset():
    tags = Prefetch("tags", Tag.objects.filter(word__gt="c").order_by("-word"), to_attr="late")
    values, _ = shown(Book.objects.order_by("title").prefetch_related(tags), lambda b: b.late)
    assert [[tag.word for tag in late] for late in values] == [[], ["new"]]


def test_many_to_many_relation_with_a_queryset_that_counts():
    people = Prefetch("people", Person.objects.annotate(n=Count("novels")))
    books = Book.objects.order_by("title").prefetch_related(people)
    values, _ = shown(books, lambda b: [(p.name, p.n) for p in b.people.all()])
    assert values == [[("Bob", 1)], [("Ann", 0), ("Bob", 1)]]


def test_relation_of_a_relation():
    people = Person.objects.prefetch_related("books__tags", "books__publisher")
    values, fetched = shown(
        people, lambda p: sorted((b.title, len(b.tags.all())) for b in p.books.all())
    )
    assert (values, fetched) == ([[("Sea", 2)], [("Hill", 0), ("Sea", 2)]], 4)


def test_many_to_many_relation_of_a_queryset_with_only_a_column():
    tags = Prefetch("tags", Tag.objects.only("word"))
    values, _ = shown(Novel.objects.prefetch_related(tags), lambda n: len(n.tags.all()))
    assert values == [2]


def test_extra_that_no_prefetch_made_is_refused():
    columns = [{"a": '"programs_book"."title"'}, {"_prefetch_related_val_id": "1 + 1"}]
    for select in columns:
        with pytest.raises(NotSupportedError, match=r"extra\(\)"):
            list(Book.objects.extra(select=select))

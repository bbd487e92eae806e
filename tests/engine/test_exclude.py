"""exclude() and Exists() over relations to many."""

import pytest
from django.db.models import Exists, F, OuterRef, Q

from tests.engine.programs.models import Book, Contribution, Novel, Person, Publisher, Review, Tag


@pytest.fixture(autouse=True)
def library():
    """Two publishers: one with a book that has a review of five stars, one without books."""
    faber = Publisher.objects.create(name="Faber", country="uk")
    Publisher.objects.create(name="empty")
    person = Person.objects.create(name="Ann", born=7)
    book = Novel.objects.create(title="Sea", pages=7, publisher=faber, genre="crime")
    Book.objects.create(title="Hill", pages=9)
    Contribution.objects.create(book=book, person=person, share=7)
    book.tags.add(Tag.objects.create(word="new"))
    Review.objects.create(book=book, stars=5)
    Review.objects.create(book=None, stars=5)


def names(queryset):
    return sorted(queryset.values_list(queryset.model._meta.fields[1].name, flat=True))


def test_exclude_over_two_relations_leaves_what_has_no_such_row():
    assert names(Publisher.objects.exclude(books__reviews__stars=5)) == ["empty"]


def test_exclude_over_a_many_to_many_relation():
    assert names(Book.objects.exclude(tags__word="new")) == ["Hill"]
    assert names(Book.objects.exclude(people__name="Ann")) == ["Hill"]


def test_negated_q_beside_another_condition():
    found = Publisher.objects.filter(~Q(books__reviews__stars=5) | Q(country="uk"))
    assert names(found) == ["Faber", "empty"]


def test_exclude_of_a_foreign_key_s_relation_keeps_rows_without_the_key():
    assert Review.objects.exclude(book__tags__word="new").get().book is None


def test_exclude_over_a_relation_of_the_parent_model():
    assert list(Novel.objects.exclude(reviews__stars=5)) == []
    assert names(Novel.objects.exclude(tags__word="old")) == ["Sea"]


def test_exclude_of_exclude_is_filter():
    assert names(Publisher.objects.exclude(~Q(books__reviews__stars=5))) == ["Faber"]


def test_update_and_delete_of_what_exclude_leaves():
    Book.objects.exclude(reviews__stars=5).update(title="Dale")
    assert names(Book.objects.all()) == ["Dale", "Sea"]
    Publisher.objects.exclude(books__reviews__stars=5).delete()
    assert names(Publisher.objects.all()) == ["Faber"]


def test_column_of_the_relation_compared_with_one_outside():
    assert names(Book.objects.exclude(contributions__share=F("pages"))) == ["Hill"]
    Contribution.objects.update(share=None)
    assert names(Book.objects.exclude(contributions__share=F("pages"))) == ["Hill", "Sea"]


def test_exists_that_is_linked_by_two_columns():
    linked = Contribution.objects.filter(book=OuterRef("pk"), share=OuterRef("pages"))
    assert names(Book.objects.filter(Exists(linked))) == ["Sea"]
    Contribution.objects.update(share=9)
    assert names(Book.objects.filter(Exists(linked))) == []
    assert names(Book.objects.filter(~Exists(linked))) == ["Hill", "Sea"]

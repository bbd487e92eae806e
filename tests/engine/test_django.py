"""Faults that Django's own tests found, each with a test here."""

import pytest
from django.db import IntegrityError, connection, migrations, models
from django.db.models import Count, Sum, Value
from django.test.utils import CaptureQueriesContext

from tests.engine.schema_world import World

PARENT = models.OneToOneField("Book", models.CASCADE, primary_key=True, parent_link=True)


@pytest.fixture(scope="module")
def models_made(database):
    world = World()
    world.apply(
        migrations.AlterModelOptions("Author", {"ordering": ["name"]}),
        migrations.CreateModel("Poet", [], {"proxy": True}, bases=("world.Author",)),
        migrations.CreateModel(
            "Essay",
            [("book_ptr", PARENT), ("words", models.IntegerField())],
            bases=("world.Book",),
        ),
    )
    yield world
    world.destroy()


@pytest.fixture
def world(models_made):
    models_made.fill()
    return models_made


def test_proxy_counts_with_its_model(world):
    poets = [world.model("Poet").objects.create(born=1990) for _ in range(2)]
    assert poets[1].pk == poets[0].pk + 1


def test_null_is_not_stored_where_it_is_not_allowed(world):
    author = world.model("Author").objects
    with pytest.raises(IntegrityError, match=r"NOT NULL constraint failed: world_author\.born"):
        author.create(name="Eve")
    with pytest.raises(IntegrityError, match="NOT NULL"):
        author.update(born=None)
    assert author.filter(born=None).count() == 0


def test_ordering_of_the_model_does_not_split_groups(world):
    groups = world.model("Author").objects.values("city").annotate(count=Count("id"))
    assert list(groups) == [{"city": None, "count": 4}]


def test_ordering_of_the_model_orders(world):
    names = world.model("Author").objects.exclude(name=None).values_list("name", flat=True)
    assert list(names) == ["Ann", "Bob"]
    assert list(names.reverse()) == ["Bob", "Ann"]


def test_subquery_of_another_database_is_an_error(world):
    names = world.model("Author").objects.using("sqlite").values("name")
    with pytest.raises(ValueError, match="across different databases"):
        list(world.model("Author").objects.filter(name__in=names))


def test_update_of_inherited_fields_returns_the_number_of_objects(world):
    author = world.model("Author").objects.first()
    essay = world.model("Essay").objects.create(title="On", author=author, words=9)
    essays = world.model("Essay").objects.filter(pk=essay.pk)
    assert [essays.update(title="Off"), essays.update(title="On", words=8)] == [1, 1]


def test_default_that_only_a_database_can_compute_is_the_sum_of_nothing(world):
    nobody = world.model("Author").objects.filter(born=0)
    assert nobody.aggregate(n=Sum("born", default=Value(5) * Value(7))) == {"n": 35}


def test_commands_are_logged_while_queries_are_counted(world):
    authors = world.model("Author").objects.filter(name="Ann")
    with CaptureQueriesContext(connection) as queries:
        list(authors)
        authors.update(born=1)
    texts = [query["sql"] for query in queries]
    assert [text.partition("(")[0] for text in texts] == [
        "world_author.find",
        "world_author.update_many",
    ]
    assert "'Ann'" in texts[0]

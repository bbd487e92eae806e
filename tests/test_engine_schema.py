"""Schema operations do what they say in MongoDB, or are refused."""

import pytest
from django.db import NotSupportedError, ProgrammingError, connection, models
from django.db.models.functions import Lower
from pymongo.errors import DuplicateKeyError


class Box(models.Model):
    """A model whose collection each test creates."""

    label = models.CharField(max_length=10, unique=True)
    size = models.IntegerField(db_index=True)
    owner = models.CharField(max_length=10)

    class Meta:
        app_label = "schema_tests"


@pytest.fixture
def collection():
    with connection.schema_editor() as editor:
        editor.create_model(Box)
    yield connection.database[Box._meta.db_table]
    with connection.schema_editor() as editor:
        editor.delete_model(Box)


def keys(collection):
    return {tuple(index["key"]) for index in collection.index_information().values()}


def field(name, kind, **options):
    made = kind(**options)
    made.set_attributes_from_name(name)
    made.model = Box
    return made


def alter(method, *args):
    with connection.schema_editor() as editor:
        getattr(editor, method)(Box, *args)


def test_create_model_makes_its_indexes(collection):
    assert keys(collection) == {
        (("_id", 1),),
        (("id", 1),),
        (("label", 1),),
        (("size", 1),),
    }


def test_create_model_refuses_a_collection_that_is_there(collection):
    with pytest.raises(ProgrammingError, match="already exists"):
        alter("create_model")


def test_delete_model_drops_the_counter(collection):
    Box.objects.create(label="a", size=1)
    alter("delete_model")
    alter("create_model")
    assert Box.objects.create(label="a", size=1).pk == 1


def test_descending_and_compound_index(collection):
    alter("add_index", models.Index(fields=["-size", "label"], name="size_label"))
    assert (("size", -1), ("label", 1)) in keys(collection)


def test_rename_index(collection):
    old = models.Index(fields=["owner"], name="old")
    alter("add_index", old)
    alter("rename_index", old, models.Index(fields=["owner"], name="new"))
    assert {"new"} == set(collection.index_information()) & {"old", "new"}


def test_unique_constraint(collection):
    alter("add_constraint", models.UniqueConstraint(fields=["owner", "size"], name="once"))
    collection.insert_one({"label": "a", "owner": "x", "size": 1})
    with pytest.raises(DuplicateKeyError):
        collection.insert_one({"label": "b", "owner": "x", "size": 1})


def test_add_field_fills_its_default_in(collection):
    collection.insert_one({"label": "a"})
    alter("add_field", field("colour", models.CharField, max_length=9, default="red"))
    assert collection.find_one()["colour"] == "red"


def test_remove_field_removes_values_and_indexes(collection):
    collection.insert_one({"label": "a", "size": 1})
    alter("remove_field", Box._meta.get_field("size"))
    assert "size" not in collection.find_one()
    assert (("size", 1),) not in keys(collection)


def test_rename_field_takes_values_and_indexes_along(collection):
    collection.insert_one({"label": "a", "size": 7})
    alter("add_index", models.Index(fields=["owner", "-size"], name="owner_size"))
    alter("alter_field", Box._meta.get_field("size"), field("mass", models.IntegerField))
    assert collection.find_one()["mass"] == 7
    assert (("owner", 1), ("mass", -1)) in keys(collection)


def test_null_field_that_becomes_not_null_is_filled(collection):
    old = field("owner", models.CharField, max_length=10, null=True)
    collection.insert_one({"label": "a", "owner": None})
    alter("alter_field", old, field("owner", models.CharField, max_length=10, default="me"))
    assert collection.find_one()["owner"] == "me"


def test_unique_that_is_dropped_no_longer_holds(collection):
    alter(
        "alter_field",
        Box._meta.get_field("label"),
        field("label", models.CharField, max_length=10),
    )
    collection.insert_many([{"label": "a", "id": 1}, {"label": "a", "id": 2}])


REFUSED = {
    "check": (
        "add_constraint",
        models.CheckConstraint(condition=models.Q(size__gt=0), name="positive"),
    ),
    "conditional unique": (
        "add_constraint",
        models.UniqueConstraint(fields=["size"], condition=models.Q(size=1), name="some"),
    ),
    "expression index": ("add_index", models.Index(Lower("label"), name="lower")),
    "conditional index": (
        "add_index",
        models.Index(fields=["size"], condition=models.Q(size=1), name="some"),
    ),
    "type": (
        "alter_field",
        Box._meta.get_field("size"),
        field("size", models.CharField, max_length=5),
    ),
    "tablespace": ("alter_db_tablespace", "a", "b"),
    "comment": ("alter_db_table_comment", "a", "b"),
}


@pytest.mark.parametrize("operation", REFUSED.values(), ids=REFUSED.keys())
def test_operation_without_a_meaning_in_mongodb_is_refused_and_changes_nothing(
    collection, operation
):
    collection.insert_one({"label": "a", "size": 1})
    before = (collection.find_one(), collection.index_information())
    with pytest.raises(NotSupportedError):
        alter(*operation)
    assert (collection.find_one(), collection.index_information()) == before


def test_sql_in_a_migration_is_refused():
    with (
        connection.schema_editor() as editor,
        pytest.raises(NotSupportedError, match="SQL text in a migration"),
    ):
        editor.execute("UPDATE items SET price = 0")

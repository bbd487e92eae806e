"""Schema operations do what they say in MongoDB, or are refused and change nothing."""

import pytest
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from django.core.management.color import no_style
from django.db import (
    DatabaseError,
    DataError,
    IntegrityError,
    NotSupportedError,
    ProgrammingError,
    connection,
    migrations,
    models,
)
from django.db.models.functions import Lower
from django.db.models.functions.datetime import Now

from djongo_engine.schema.index_specs import IndexSpec
from djongo_engine.schema.indexes import CollationIndex
from djongo_engine.schema.migrations import AdoptCollection
from tests.engine.schema_world import World
from tests.support.commands import commands

GERMAN = {"locale": "de", "strength": 2}


@pytest.fixture
def world():
    made = World()
    made.fill()
    yield made
    made.destroy()


@pytest.fixture(scope="module")
def shared_world(database):
    shared = World("shared")
    yield shared
    shared.destroy()


@pytest.fixture
def unchanged(shared_world):
    """A world whose shape no test may change; its documents are made for each."""
    shared_world.fill()
    return shared_world


def field(model, name, kind, **options):
    return migrations.AlterField(model, name, kind(**options))


OPERATIONS = {
    "create": migrations.CreateModel("Shop", [("id", models.AutoField(primary_key=True))]),
    "add field": migrations.AddField("Book", "price", models.IntegerField(default=7)),
    "add unique field": migrations.AddField(
        "Book", "isbn", models.CharField(max_length=9, unique=True, null=True)
    ),
    "add relation": migrations.AddField(
        "Tag", "owner", models.ForeignKey("Author", models.CASCADE, null=True)
    ),
    "add relations": migrations.AddField("Tag", "authors", models.ManyToManyField("Author")),
    "rename field": migrations.RenameField("Author", "born", "year"),
    "rename unique field": migrations.RenameField("Author", "name", "label"),
    "rename primary key": migrations.RenameField("Author", "id", "number"),
    "rename relation": migrations.RenameField("Book", "author", "writer"),
    "rename relations": migrations.RenameField("Book", "tags", "labels"),
    "rename column": field("Author", "born", models.IntegerField, db_column="b", db_index=True),
    "rename model": migrations.RenameModel("Author", "Writer"),
    "rename related model": migrations.RenameModel("Tag", "Label"),
    "rename model with relations": migrations.RenameModel("Book", "Work"),
    "rename table": migrations.AlterModelTable("Book", "other_table"),
    "positive integer": field("Author", "born", models.PositiveIntegerField, db_index=True),
    "wider integer": field("Author", "born", models.BigIntegerField, db_index=True),
    "longer text": field("Author", "city", models.TextField, null=True),
    "unique": field("Author", "born", models.IntegerField, unique=True),
    "no index": field("Author", "born", models.IntegerField),
    "one to one": migrations.AlterField(
        "Book", "author", models.OneToOneField("Author", models.CASCADE)
    ),
    "relations again": field("Book", "tags", models.ManyToManyField, to="Author"),
    "unique together": migrations.AlterUniqueTogether("Author", {("name", "born")}),
    "index together": migrations.AlterIndexTogether("Book", set()),
    "add index": migrations.AddIndex("Author", models.Index(fields=["city", "-id"], name="i")),
    "add collation index": migrations.AddIndex(
        "Author", CollationIndex(collation=GERMAN, fields=["city"], name="i")
    ),
    "remove index": migrations.RemoveIndex("Author", "author_born"),
    "rename index": migrations.RenameIndex("Author", "born_author", old_name="author_born"),
    "add constraint": migrations.AddConstraint(
        "Author", models.UniqueConstraint(fields=["born"], name="c")
    ),
    "remove constraint": migrations.RemoveConstraint("Author", "author_once"),
    "order": migrations.AlterOrderWithRespectTo("Book", "author"),
    "separate": migrations.SeparateDatabaseAndState(
        [migrations.AddField("Book", "pages", models.IntegerField(default=1))]
    ),
    "no sql": migrations.RunSQL(migrations.RunSQL.noop, migrations.RunSQL.noop),
}
ONE_WAY = {
    "delete": migrations.DeleteModel("Book"),
    "remove field": migrations.RemoveField("Author", "city"),
    "remove relations": migrations.RemoveField("Book", "tags"),
    "not null": field("Author", "city", models.TextField, default="Rome"),
    "index by fields": migrations.RenameIndex("Book", "book_title", old_fields=("title", "author")),
}


def each(operations):
    return pytest.mark.parametrize("operation", operations.values(), ids=operations.keys())


@each(OPERATIONS)
def test_operation_that_is_run_twice_and_then_backwards_changes_nothing(unchanged, operation):
    before = unchanged.dump()
    unchanged.apply(operation)
    after = unchanged.dump()
    unchanged.again(operation)
    assert unchanged.dump() == after
    unchanged.revert(operation)
    assert unchanged.dump() == before


@each(ONE_WAY)
def test_operation_that_is_run_again_changes_nothing_more(world, operation):
    world.apply(operation)
    after = world.dump()
    world.again(operation)
    assert world.dump() == after


def test_create_model_makes_its_indexes(world):
    assert world.indexes("world_author") == [
        ("_id 1",),
        ("born -1", "name 1"),
        ("born 1",),
        ("born 1", "city 1", "unique", "city"),
        ("id 1", "unique"),
        ("name 1", "city 1", "unique", "city", "name"),
        ("name 1", "unique", "name"),
    ]
    assert ("title 1", "author_id 1") in world.indexes("world_book")


def test_create_model_refuses_a_collection_with_documents_and_creates_nothing(world):
    connection.database["world_shop_tags"].insert_one({})
    tags = models.ManyToManyField("Tag")
    shop = [("id", models.AutoField(primary_key=True)), ("tags", tags)]
    with pytest.raises(ProgrammingError, match="'world_shop_tags' already exists"):
        world.apply(migrations.CreateModel("Shop", shop))
    assert "world_shop" not in connection.introspection.table_names()


@pytest.mark.parametrize(("documents", "then"), [([{"id": 7}, {"id": 3}], 8), ([{}], 1)])
def test_adopted_collection_counts_on_from_its_highest_id(world, documents, then):
    connection.database["world_shop"].insert_many(documents)
    world.apply(AdoptCollection("Shop", [("id", models.AutoField(primary_key=True))]))
    assert world.model("Shop").objects.create().pk == then


def test_delete_model_takes_relations_and_counter_along(world):
    world.apply(migrations.DeleteModel("Book"))
    assert set(world.dump()) == {"world_author", "world_tag", "__schema__"}
    assert connection.database["__schema__"].find_one({"name": "world_book"}) is None


def test_rename_field_takes_values_and_indexes_along(world):
    connection.database["world_author"].create_index([("born", 1), ("by_hand", 1)])
    world.apply(migrations.RenameField("Author", "born", "year"))
    assert world.model("Author").objects.get(name="Ann").year == 1950
    assert "born" not in str(connection.database["world_author"].index_information()["year_idx"])
    keys = [index[0] for index in world.indexes("world_author")]
    assert (keys.count("year 1"), keys.count("year -1"), keys.count("born 1")) == (3, 1, 0)


def test_renamed_unique_field_is_unique_except_for_null(world):
    world.apply(migrations.RenameField("Author", "name", "label"))
    author = world.model("Author").objects
    with pytest.raises(IntegrityError):
        author.create(label="Ann", born=1)
    author.create(label=None, born=1)


def test_rename_model_keeps_relations_and_counting(world):
    world.apply(migrations.RenameModel("Author", "Writer"), migrations.RenameModel("Tag", "Label"))
    assert world.model("Book").objects.get(author__name="Ann").tags.count() == 1
    assert world.model("Writer").objects.create(born=1990).pk == 5
    assert ("book_id 1", "label_id 1", "unique") in world.indexes("world_book_tags")


def test_added_field_is_filled_with_its_default(world):
    world.apply(migrations.AddField("Book", "price", models.IntegerField(default=7)))
    assert world.model("Book").objects.filter(price=7).count() == 1


def test_removed_field_leaves_no_value_and_no_index(world):
    world.apply(migrations.RemoveField("Author", "born"))
    assert "born" not in str(world.dump()["world_author"])


def documents_as_bytes(collection):
    raw = connection.database[collection].with_options(CodecOptions(RawBSONDocument))
    return [document.raw for document in raw.find().sort("_id")]


@pytest.mark.parametrize("options", [{}, {"unique": True}, {"db_index": True}], ids=str)
def test_new_field_that_may_be_null_leaves_documents_as_they_are(world, options):
    before = documents_as_bytes("world_author")
    new = migrations.AddField("Author", "place", models.IntegerField(null=True, **options))
    with commands("world_author") as sent:
        world.apply(new)
    assert "update" not in sent
    assert documents_as_bytes("world_author") == before
    assert world.model("Author").objects.filter(place=None).count() == len(before)
    assert set(world.model("Author").objects.values_list("place", flat=True)) == {None}
    world.revert(new)
    assert documents_as_bytes("world_author") == before


def test_new_field_that_may_be_null_is_filled_with_its_default(world):
    field = models.IntegerField(null=True, default=7)
    world.apply(migrations.AddField("Author", "place", field))
    assert world.model("Author").objects.filter(place=7).count() == 4


def test_null_field_that_becomes_not_null_is_filled(world):
    world.apply(ONE_WAY["not null"])
    assert world.model("Author").objects.filter(city="Rome").count() == 4


def test_order_with_respect_to_adds_its_field(world):
    world.apply(migrations.AlterOrderWithRespectTo("Book", "author"))
    assert world.model("Book").objects.get()._order == 0


def test_index_that_two_declarations_share_lasts_as_long_as_one_of_them(world):
    constraint = models.UniqueConstraint(fields=["name"], name="again")
    world.apply(migrations.AddConstraint("Author", constraint))
    world.apply(migrations.RemoveConstraint("Author", "again"))
    assert ("name 1", "unique", "name") in world.indexes("world_author")


REFUSED = {
    "composite key": migrations.CreateModel(
        "Shop",
        [
            ("pk", models.CompositePrimaryKey("a", "b")),
            ("a", models.IntegerField()),
            ("b", models.IntegerField()),
        ],
    ),
    "generated": migrations.AddField(
        "Book",
        "upper",
        models.GeneratedField(
            expression=Lower("title"), output_field=models.TextField(), db_persist=True
        ),
    ),
    "db_default": migrations.AddField("Book", "n", models.IntegerField(db_default=1)),
    "db_default expression": migrations.AddField(
        "Book", "at", models.DateTimeField(db_default=Now())
    ),
    "json": migrations.AddField("Book", "data", models.JSONField(default=dict)),
    "collation": field("Book", "title", models.TextField, db_collation="C"),
    "comment": field("Book", "title", models.TextField, db_comment="What it is called"),
    "field tablespace": migrations.AddField(
        "Book", "n", models.IntegerField(default=1, db_index=True, db_tablespace="fast")
    ),
    "path as column": migrations.AddField("Book", "n", models.IntegerField(db_column="a.b")),
    "added key": migrations.AddField("Book", "key", models.IntegerField(primary_key=True)),
    "removed key": migrations.RemoveField("Book", "id"),
    "other key": field("Author", "name", models.CharField, max_length=20, primary_key=True),
    "key renamed to _id": field(
        "Author", "id", models.BigAutoField, primary_key=True, db_column="_id"
    ),
    "no auto key": field("Author", "id", models.BigIntegerField, primary_key=True),
    "text from integer": field("Author", "born", models.CharField, max_length=5),
    "check": migrations.AddConstraint(
        "Author", models.CheckConstraint(condition=models.Q(born__gt=0), name="c")
    ),
    "conditional unique": migrations.AddConstraint(
        "Author",
        models.UniqueConstraint(fields=["born"], condition=models.Q(born=1), name="c"),
    ),
    "deferrable unique": migrations.AddConstraint(
        "Author",
        models.UniqueConstraint(fields=["born"], deferrable=models.Deferrable.DEFERRED, name="c"),
    ),
    "unique nulls": migrations.AddConstraint(
        "Author", models.UniqueConstraint(fields=["city"], nulls_distinct=False, name="c")
    ),
    "expression index": migrations.AddIndex("Author", models.Index(Lower("name"), name="i")),
    "conditional index": migrations.AddIndex(
        "Author", models.Index(fields=["born"], condition=models.Q(born=1), name="i")
    ),
    "covering index": migrations.AddIndex(
        "Author", models.Index(fields=["born"], include=["city"], name="i")
    ),
    "index tablespace": migrations.AddIndex(
        "Author", models.Index(fields=["born"], db_tablespace="fast", name="i")
    ),
    "model tablespace": migrations.CreateModel(
        "Shop", [("id", models.AutoField(primary_key=True))], {"db_tablespace": "fast"}
    ),
    "model comment": migrations.CreateModel(
        "Shop", [("id", models.AutoField(primary_key=True))], {"db_table_comment": "Shops"}
    ),
    "table comment": migrations.AlterModelTableComment("Book", "All books"),
    "hidden table": migrations.AlterModelTable("Book", "__book"),
    "sql": migrations.RunSQL("UPDATE world_book SET title = ''"),
}


@each(REFUSED)
def test_operation_without_a_meaning_in_mongodb_is_refused(unchanged, operation):
    with pytest.raises(NotSupportedError, match="djongo_engine does not translate"):
        unchanged.attempt(operation)


def test_new_field_that_may_not_be_null_needs_a_default(unchanged):
    with pytest.raises(IntegrityError, match="price may not be NULL"):
        unchanged.attempt(migrations.AddField("Book", "price", models.IntegerField()))


def test_field_that_may_be_null_no_longer_needs_a_default(unchanged):
    with pytest.raises(IntegrityError, match="city may not be NULL"):
        unchanged.attempt(field("Author", "city", models.TextField))


def test_rename_does_not_write_over_values_that_no_model_knows(unchanged):
    connection.database["shared_author"].update_many({}, {"$set": {"year": 1}})
    with pytest.raises(ProgrammingError, match="holds a column 'year' already"):
        unchanged.attempt(migrations.RenameField("Author", "born", "year"))


def test_integers_must_fit_a_smaller_type(unchanged):
    unchanged.model("Author").objects.create(born=40_000)
    with pytest.raises(DataError, match="born holds integers that SmallIntegerField does not"):
        unchanged.attempt(field("Author", "born", models.SmallIntegerField))


def test_unique_index_that_meets_a_duplicate_leaves_the_old_indexes(unchanged):
    unchanged.model("Book").objects.create(
        title="Sky", author=unchanged.model("Author").objects.first()
    )
    with pytest.raises(IntegrityError, match="The index 'author_id_uniq' of"):
        unchanged.attempt(OPERATIONS["one to one"])


@pytest.mark.parametrize(
    "spec",
    [
        IndexSpec("odd", [("city", 1)], {"expireAfterSeconds": "soon"}),
        IndexSpec("odd", [("city", "hashed")], {"unique": True}),
    ],
)
def test_index_that_the_server_refuses_is_named(unchanged, spec):
    author = unchanged.model("Author")
    before = World.indexes("shared_author")
    said = "The index 'odd' of the collection 'shared_author' cannot be created: "
    with connection.schema_editor() as editor, pytest.raises(DatabaseError, match=said):
        editor.create_indexes(author, [spec])
    assert World.indexes("shared_author") == before


class DisregardedCollation(IndexSpec):
    """An index of a server that knows no collations: the index that it makes has none."""

    def describes(self, index):
        return super().describes({**index, "collation": None})


def test_index_whose_options_the_server_disregards_is_not_kept(unchanged):
    author = unchanged.model("Author")
    before = World.indexes("shared_author")
    spec = DisregardedCollation("odd", [("city", 1)], {"collation": GERMAN})
    said = "cannot be created: the server disregards its collation"
    with connection.schema_editor() as editor, pytest.raises(DatabaseError, match=said):
        editor.create_indexes(author, [spec])
    assert World.indexes("shared_author") == before


def test_index_without_an_expiry_is_none_with_one():
    expiry = IndexSpec("expiry", [("city", 1)], {"expireAfterSeconds": 5})
    assert expiry.describes({"key": [("city", 1)], "expireAfterSeconds": 5})
    assert not expiry.describes({"key": [("city", 1)]})


def test_other_tablespace_is_refused(unchanged):
    with connection.schema_editor() as editor, pytest.raises(NotSupportedError):
        editor.alter_db_tablespace(unchanged.model("Book"), "slow", "fast")


@pytest.mark.parametrize(("reset", "next_id"), [(False, 5), (True, 1)])
def test_flush_empties_and_resets_ids_when_asked_to(world, reset, next_id):
    tables = ["world_author", "world_tag"]
    flush = connection.ops.sql_flush(no_style(), tables, reset_sequences=reset)
    connection.ops.execute_sql_flush(flush)
    assert [len(world.dump()[name][0]) for name in (*tables, "world_book")] == [0, 0, 1]
    assert world.model("Author").objects.create(born=1).pk == next_id


def test_migration_into_sql_text_is_refused():
    with pytest.raises(NotSupportedError, match="sqlmigrate"):
        connection.schema_editor(collect_sql=True)

"""A small database that migration operations change one after the other."""

from django.db import connection, migrations, models
from django.db.migrations.state import ProjectState


def base_operations():
    """Authors, tags, and books with both kinds of relation."""
    return [
        migrations.CreateModel(
            "Author",
            [
                ("id", models.BigAutoField(primary_key=True)),
                ("name", models.CharField(max_length=20, unique=True, null=True)),
                ("born", models.IntegerField(db_index=True)),
                ("city", models.CharField(max_length=20, null=True)),
            ],
            {
                "unique_together": {("born", "city")},
                "indexes": [models.Index(fields=["-born", "name"], name="author_born")],
                "constraints": [
                    models.UniqueConstraint(fields=["name", "city"], name="author_once")
                ],
            },
        ),
        migrations.CreateModel("Tag", [("id", models.BigAutoField(primary_key=True))]),
        migrations.CreateModel(
            "Book",
            [
                ("id", models.BigAutoField(primary_key=True)),
                ("title", models.TextField()),
                ("author", models.ForeignKey("Author", models.CASCADE)),
                ("tags", models.ManyToManyField("Tag")),
            ],
            {"index_together": {("title", "author")}},
        ),
    ]


class World:
    """A project state with its database; the operations that led to it."""

    def __init__(self, app="world"):
        self.app = app
        self.state = ProjectState()
        self.before = ProjectState()
        self.apply(*base_operations())

    def fill(self):
        for name, born in (("Ann", 1950), ("Bob", 1960), (None, 1970), (None, 1980)):
            self.model("Author").objects.create(name=name, born=born, city=None)
        ann = self.model("Author").objects.get(name="Ann")
        book = self.model("Book").objects.create(title="Sea", author=ann)
        book.tags.add(self.model("Tag").objects.create())

    def model(self, name):
        return self.state.apps.get_model(self.app, name)

    def attempt(self, operation):
        """Apply an operation that is to fail, and must then have changed nothing."""
        before = self.before, self.state
        dump = self.dump()
        try:
            self.apply(operation)
        finally:
            self.before, self.state = before
            assert self.dump() == dump

    def apply(self, *operations):
        for operation in operations:
            self.before, self.state = self.state, self.state.clone()
            operation.state_forwards(self.app, self.state)
            self.again(operation)

    def again(self, operation):
        """Run the last operation as if nobody had noted that it ran."""
        with connection.schema_editor() as editor:
            operation.database_forwards(self.app, editor, self.before, self.state)

    def revert(self, operation):
        with connection.schema_editor() as editor:
            operation.database_backwards(self.app, editor, self.state, self.before)
        self.state = self.before

    @staticmethod
    def indexes(collection):
        """The keys of each index, with what is special about it."""
        information = connection.database[collection].index_information()
        return sorted(
            (
                *(f"{column} {order}" for column, order in index["key"]),
                *(["unique"] if index.get("unique") else []),
                *sorted(index.get("partialFilterExpression", {})),
            )
            for index in information.values()
        )

    def dump(self):
        """Every collection's documents and indexes, and the counters."""
        names = [*connection.introspection.table_names(), "__schema__"]
        return {
            name: (list(connection.database[name].find().sort("_id")), self.indexes(name))
            for name in names
            if name == "__schema__" or name.startswith((self.app, "other"))
        }

    def destroy(self):
        for name in connection.introspection.table_names():
            if name.startswith((self.app, "other")):
                connection.database[name].drop()
                connection.database["__schema__"].delete_one({"name": name})

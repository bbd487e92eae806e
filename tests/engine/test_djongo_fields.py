"""djongo's other fields: each works, or a check refuses the model by name."""

import datetime
import json
import uuid
from types import SimpleNamespace

import pytest
from bson import ObjectId
from django.apps import apps
from django.core import serializers
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import DataError, IntegrityError, NotSupportedError, connection, migrations, models
from django.forms import modelform_factory
from django.test.utils import isolate_apps, override_settings
from djongo import models as djongo_models
from djongo.models import JSONField
from rest_framework.serializers import ModelSerializer

from djongo_engine.checks import check_fields
from tests.engine.schema_world import World


@pytest.fixture(scope="module")
def made(database):
    world = World("notes")
    options = [("id", models.BigAutoField(primary_key=True)), ("data", JSONField())]
    world.apply(
        migrations.CreateModel("Note", [*options, ("more", JSONField(null=True, blank=True))])
    )
    yield world
    world.destroy()


@pytest.fixture
def note_class(made):
    return made.model("Note")


VALUES = [
    {"a": 1, "b": [True, None, "ä", {"c": 1.5}]},
    [1, {"x": []}],
    {},
    [],
    {
        "when": datetime.datetime(2026, 1, 2, 3, 4, 5, 6000),
        "who": ObjectId("65f0c0ffee65f0c0ffee65f0"),
    },
    {"$gt": 1, "a.b": "$x"},
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_document_comes_back_as_it_went_in(note_class, value):
    note = note_class.objects.create(data=value)
    assert note_class.objects.get().data == value
    note.more = value
    note.save()
    assert note_class.objects.get(more__isnull=False).more == value
    note_class.objects.bulk_create([note_class(data=value)])
    assert list(note_class.objects.values_list("data", flat=True)) == [value, value]


def test_document_is_updated(note_class):
    note_class.objects.create(data={"a": 1})
    assert note_class.objects.update(data={"b": [2]}, more=None) == 1
    assert note_class.objects.get().data == {"b": [2]}


def test_query_by_a_document_is_refused(note_class):
    for lookup in ({"data": {"a": 1}}, {"data__in": [[1]]}, {"data__gt": {}}):
        with pytest.raises(NotSupportedError):
            list(note_class.objects.filter(**lookup))
    assert note_class.objects.filter(more=None).count() == 0


@pytest.mark.parametrize(
    "value", ["text", 1, {1, 2}, ObjectId("65f0c0ffee65f0c0ffee65f0")], ids=repr
)
def test_what_is_no_document_is_an_error(note_class, value):
    with pytest.raises(ValueError, match="Field 'data' expected a dict or a list"):
        note_class.objects.create(data=value)
    with pytest.raises(ValueError, match="Field 'data' expected a dict or a list"):
        note_class.objects.filter(data=value)


@pytest.mark.parametrize(
    "inner", [uuid.uuid4(), {1: 2}, 2**70, datetime.date(2026, 1, 1), "\ud800"], ids=type
)
def test_document_that_bson_does_not_hold_is_an_error_that_names_the_field(note_class, inner):
    with pytest.raises(DataError, match=r"^data is no document"):
        note_class.objects.create(data={"a": [inner]})
    assert note_class.objects.count() == 0


def test_null_only_where_it_is_allowed(note_class):
    with pytest.raises(IntegrityError, match="NOT NULL"):
        note_class.objects.create(data=None)
    assert note_class.objects.create(data={}).more is None


def test_form_takes_json(note_class):
    form_class = modelform_factory(note_class, fields=["data", "more"])
    note = form_class({"data": '{"a": [1]}', "more": ""}).save()
    assert (note.data, note.more) == ({"a": [1]}, None)
    assert "{&quot;a&quot;: [1]}" in str(form_class(instance=note))
    assert not form_class({"data": '{"a": [1]}', "more": ""}, instance=note).has_changed()
    for wrong in ("{", "7", '"text"', ""):
        assert set(form_class({"data": wrong, "more": wrong or "{"}).errors) == {"data", "more"}
    with pytest.raises(ValidationError):
        note_class(data="{").clean_fields()


def test_document_is_serialized(note_class):
    note = note_class.objects.create(data={"a": [1]})
    (written,) = json.loads(serializers.serialize("json", [note]))
    assert written["fields"] == {"data": {"a": [1]}, "more": None}

    class NoteSerializer(ModelSerializer):
        class Meta:
            model = note_class
            fields = ["data", "more"]

    assert NoteSerializer(note).data == {"data": {"a": [1]}, "more": None}
    read = NoteSerializer(data={"data": [1], "more": None})
    assert read.is_valid(), read.errors
    assert read.save().data == [1]
    assert not NoteSerializer(data={"data": 7}).is_valid()


def refused():
    """Declare a model for each field that cannot work, and return messages about them."""

    class Blog(djongo_models.Model):
        name = djongo_models.CharField(max_length=9)

        class Meta:
            abstract = True
            app_label = "engine_models"

    class Entry(djongo_models.Model):
        blog = djongo_models.EmbeddedField(model_container=Blog)
        blogs = djongo_models.ArrayField(model_container=Blog)
        data = djongo_models.JSONField()
        seen = djongo_models.GenericObjectIdField()
        others = djongo_models.ArrayReferenceField(to="Entry", related_name="+")

        class Meta:
            app_label = "engine_models"

    app = SimpleNamespace(get_models=lambda: [Entry])
    return [(message.id, message.obj.name, message.msg) for message in check_fields([app])]


@isolate_apps("tests.engine.engine_models")
def test_field_that_cannot_work_is_refused_by_name():
    found = refused()
    assert {(id_, name) for id_, name, _ in found} == {
        ("djongo_engine.E002", name) for name in ("blog", "blogs", "others")
    }
    assert found[0][2].startswith("engine_models.Entry.blog is djongo's EmbeddedField")


class ToSQLite:
    """A router under which no model belongs to the engine's database."""

    def allow_migrate(self, db, app_label, **hints):
        return db != "default"


@isolate_apps("tests.engine.engine_models")
def test_model_of_another_database_is_not_refused():
    with override_settings(DATABASE_ROUTERS=[ToSQLite()]):
        assert refused() == []


@pytest.mark.parametrize("command", [["check"], ["migrate"]], ids=str)
def test_commands_stop_at_a_field_that_cannot_work(command, monkeypatch):
    with isolate_apps("tests.engine.engine_models"):

        class Blog(models.Model):
            class Meta:
                abstract = True
                app_label = "engine_models"

        class Shelf(models.Model):
            blog = djongo_models.EmbeddedField(model_container=Blog)

            class Meta:
                app_label = "engine_models"

    monkeypatch.setitem(apps.get_app_config("engine_models").models, "shelf", Shelf)
    checked = {} if command == ["check"] else {"skip_checks": False}
    with pytest.raises(CommandError, match=r"Shelf\.blog is djongo's EmbeddedField"):
        call_command(*command, **checked)
    assert "engine_models_shelf" not in connection.introspection.table_names()

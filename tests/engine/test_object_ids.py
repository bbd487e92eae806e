"""djongo's ObjectIdField as a primary key, and references to it."""

import pytest
from bson import ObjectId
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, migrations, models
from django.db.models import Count, F
from django.forms import modelform_factory
from django.test import override_settings
from django.urls import include, path
from djongo.models import GenericObjectIdField, ObjectIdField
from rest_framework.routers import SimpleRouter
from rest_framework.serializers import CharField, ModelSerializer, PrimaryKeyRelatedField
from rest_framework.test import APIClient
from rest_framework.viewsets import ModelViewSet

from tests.engine.schema_world import World

NO_IDS = [
    "",
    "abc",
    "5f0a" * 5,
    "5f0a" * 7,
    "g" * 24,
    "aa bb cc dd ee ff 00 11 ",
    b"x" * 12,
    7,
    1.5,
]


@pytest.fixture(scope="module")
def made(database):
    world = World("oids")
    world.apply(
        migrations.CreateModel(
            "Shelf",
            [
                ("_id", ObjectIdField()),
                ("name", models.CharField(max_length=20, unique=True)),
                ("tags", models.ManyToManyField("Tag")),
            ],
        ),
        migrations.CreateModel(
            "Jar",
            [
                ("_id", ObjectIdField()),
                ("shelf", models.ForeignKey("Shelf", models.CASCADE, null=True, blank=True)),
                ("seen_by", GenericObjectIdField(null=True, blank=True)),
            ],
        ),
        migrations.CreateModel("Lid", [("code", ObjectIdField())]),
    )
    yield world
    world.destroy()


@pytest.fixture
def shelf_class(made):
    return made.model("Shelf")


@pytest.fixture
def jar_class(made):
    return made.model("Jar")


@pytest.fixture
def shelf(shelf_class):
    return shelf_class.objects.create(name="top")


def stored(model):
    return list(connection.database[model._meta.db_table].find())


def test_create_stores_and_returns_an_object_id(shelf):
    assert isinstance(shelf.pk, ObjectId)
    assert stored(type(shelf)) == [{"_id": shelf.pk, "name": "top"}]


def test_no_counter_is_kept(made, shelf):
    assert connection.database["__schema__"].find_one({"name": "oids_shelf"}) is None


def test_chosen_id_is_kept_given_as_an_object_or_as_hex(shelf_class):
    chosen = [ObjectId(), ObjectId()]
    made = [shelf_class.objects.create(_id=chosen[0], name="a")]
    made += [shelf_class.objects.create(_id=str(chosen[1]), name="b")]
    assert [one.pk for one in made] == chosen
    with pytest.raises(IntegrityError):
        shelf_class.objects.create(_id=chosen[0], name="c")


@pytest.mark.parametrize(
    "given", [str, lambda pk: str(pk).upper(), ObjectId], ids=["hex", "HEX", "id"]
)
def test_object_is_found_by_its_id(shelf, shelf_class, given):
    shelf_class.objects.create(name="other")
    found = shelf_class.objects
    assert found.get(pk=given(shelf.pk)) == shelf
    assert list(found.filter(_id__in=[given(shelf.pk), ObjectId()])) == [shelf]
    assert found.exclude(_id=given(shelf.pk)).get().name == "other"
    assert found.filter(_id__lte=given(shelf.pk)).get() == shelf
    assert found.in_bulk([shelf.pk]) == {shelf.pk: shelf}


def test_ids_order_as_they_were_made(shelf_class):
    made = [shelf_class.objects.create(name=name).pk for name in "abc"]
    assert list(shelf_class.objects.order_by("-pk").values_list("pk", flat=True)) == made[::-1]


def test_saved_object_is_updated_and_deleted(shelf, shelf_class):
    shelf.name = "bottom"
    shelf.save()
    assert stored(shelf_class) == [{"_id": shelf.pk, "name": "bottom"}]
    shelf_class.objects.filter(pk=str(shelf.pk)).update(name="middle")
    shelf.refresh_from_db()
    assert shelf.name == "middle"
    assert shelf.delete()[0] == 1
    assert stored(shelf_class) == []


def test_bulk_create_returns_the_ids(shelf_class):
    chosen = ObjectId()
    rows = [shelf_class(name="a"), shelf_class(name="b", _id=str(chosen)), shelf_class(name="c")]
    made = shelf_class.objects.bulk_create(rows)
    assert {one.name: ObjectId(one.pk) for one in made} == {
        document["name"]: document["_id"] for document in stored(shelf_class)
    }
    assert ObjectId(made[1].pk) == chosen


def test_get_or_create(shelf_class):
    shelf, created = shelf_class.objects.get_or_create(name="a")
    again, created_again = shelf_class.objects.get_or_create(name="a")
    assert (created, created_again, again) == (True, False, shelf)


def test_foreign_key_holds_an_object_id(shelf, jar_class):
    jars = [jar_class.objects.create(shelf=shelf), jar_class.objects.create(shelf_id=str(shelf.pk))]
    assert {document["shelf_id"] for document in stored(jar_class)} == {shelf.pk}
    for value in (shelf, shelf.pk, str(shelf.pk)):
        assert set(jar_class.objects.filter(shelf=value)) == set(jars)
        assert set(jar_class.objects.filter(shelf__in=[value])) == set(jars)
    assert set(shelf.jar_set.all()) == set(jars)


def test_bulk_update_of_references(shelf, jar_class):
    jars = [jar_class.objects.create(seen_by=ObjectId()) for _ in range(3)]
    for jar in jars[:2]:
        jar.shelf, jar.seen_by = shelf, jar.pk
    jar_class.objects.bulk_update(jars, ["shelf", "seen_by"])
    assert {document["_id"]: document["shelf_id"] for document in stored(jar_class)} == {
        jars[0].pk: shelf.pk,
        jars[1].pk: shelf.pk,
        jars[2].pk: None,
    }
    assert jar_class.objects.filter(pk=F("seen_by")).count() == 2


def test_foreign_key_is_joined(shelf, jar_class, shelf_class):
    jar = jar_class.objects.create(shelf=shelf)
    alone = jar_class.objects.create()
    assert jar_class.objects.select_related("shelf").get(shelf__name="top").shelf == shelf
    assert jar_class.objects.get(shelf__isnull=True) == alone
    assert shelf_class.objects.annotate(n=Count("jar")).get().n == 1
    assert list(jar_class.objects.filter(shelf__in=shelf_class.objects.filter(name="top"))) == [jar]
    assert jar_class.objects.filter(shelf=F("seen_by")).count() == 0


def test_delete_cascades(shelf, jar_class):
    jar_class.objects.create(shelf=shelf)
    assert shelf.delete()[0] == 2
    assert stored(jar_class) == []


def test_many_to_many_relation(made, shelf):
    tag = made.model("Tag").objects.create()
    shelf.tags.add(tag)
    assert shelf.tags.get() == tag
    assert tag.shelf_set.get() == shelf
    shelf.tags.clear()
    assert shelf.tags.count() == 0


def test_id_need_not_be_named__id(made):
    lid = made.model("Lid").objects.create()
    assert isinstance(lid.code, ObjectId)
    assert made.model("Lid").objects.get(pk=str(lid.code)) == lid
    assert ("code 1", "unique") in World.indexes("oids_lid")


@pytest.mark.parametrize("value", NO_IDS, ids=repr)
def test_what_is_no_id_is_an_error_of_django(shelf, shelf_class, jar_class, value):
    message = "expected an ObjectId but got"
    for lookup in ({"pk": value}, {"pk__in": [value]}, {"pk__gt": value}):
        with pytest.raises(ValueError, match=message):
            shelf_class.objects.filter(**lookup)
    for lookup in ({"shelf": value}, {"shelf__in": [value]}, {"seen_by": value}):
        with pytest.raises(ValueError, match=message):
            jar_class.objects.filter(**lookup)


@pytest.mark.parametrize("value", NO_IDS, ids=repr)
def test_what_is_no_id_is_not_stored(shelf_class, jar_class, value):
    with pytest.raises((ValueError, ValidationError)):
        shelf_class.objects.create(_id=value, name="x")
    with pytest.raises((ValueError, ValidationError)):
        jar_class.objects.create(seen_by=value)
    if value != "":  # which Django stores as NULL in a foreign key
        with pytest.raises((ValueError, ValidationError)):
            jar_class.objects.create(shelf_id=value)
    assert stored(shelf_class) == stored(jar_class) == []


def test_none_is_no_id(shelf, shelf_class):
    assert shelf_class.objects.filter(pk=None).count() == 0
    assert shelf_class.objects.filter(pk__in=[None]).count() == 0
    assert shelf_class.objects.filter(pk__in=[]).count() == 0


def test_generic_id_is_stored_read_and_found(jar_class):
    seen_by = ObjectId()
    jar = jar_class.objects.create(seen_by=str(seen_by))
    jar_class.objects.create()
    assert jar_class.objects.get(seen_by=str(seen_by)).seen_by == seen_by
    assert jar_class.objects.filter(seen_by__isnull=True).count() == 1
    assert jar_class.objects.exclude(seen_by=seen_by).get() != jar


def test_form_offers_and_takes_a_foreign_key(shelf, jar_class):
    form_class = modelform_factory(jar_class, fields=["shelf", "seen_by"])
    assert f'value="{shelf.pk}"' in str(form_class())
    jar = form_class({"shelf": str(shelf.pk), "seen_by": "5f0a" * 6}).save()
    assert stored(jar_class) == [
        {"_id": jar.pk, "shelf_id": shelf.pk, "seen_by": ObjectId("5f0a" * 6)}
    ]
    assert not form_class(
        {"shelf": str(shelf.pk), "seen_by": "5f0a" * 6}, instance=jar
    ).has_changed()
    assert form_class({"shelf": "", "seen_by": ""}, instance=jar).save().seen_by is None


def test_form_says_what_is_no_id(shelf, jar_class):
    form = modelform_factory(jar_class, fields=["shelf", "seen_by"])({"shelf": "x", "seen_by": "y"})
    assert set(form.errors) == {"shelf", "seen_by"}
    assert "not an ObjectId" in str(form.errors["seen_by"])


@pytest.fixture
def api(shelf_class, jar_class):
    class ShelfSerializer(ModelSerializer):
        class Meta:
            model = shelf_class
            fields = ["_id", "name"]

    class JarSerializer(ModelSerializer):
        shelf = PrimaryKeyRelatedField(queryset=shelf_class.objects.all(), pk_field=CharField())

        class Meta:
            model = jar_class
            fields = ["_id", "shelf", "seen_by"]

    router = SimpleRouter()
    for model, serializer in ((shelf_class, ShelfSerializer), (jar_class, JarSerializer)):
        attributes = {
            "queryset": model.objects.order_by("pk"),
            "serializer_class": serializer,
            "authentication_classes": [],
            "permission_classes": [],
        }
        router.register(model.__name__, type("View", (ModelViewSet,), attributes), model.__name__)
    urls = type("Urls", (), {"urlpatterns": [path("", include(router.urls))]})
    with override_settings(ROOT_URLCONF=urls):
        yield APIClient()


def test_api_gives_and_takes_hex(api, shelf):
    url = f"/Shelf/{shelf.pk}/"
    assert api.get("/Shelf/").json()[0] == {"_id": str(shelf.pk), "name": "top"}
    assert api.get(url).json() == {"_id": str(shelf.pk), "name": "top"}
    assert api.patch(url, {"name": "low"}, format="json").json()["name"] == "low"
    assert api.delete(url).status_code == 204
    assert api.get(url).status_code == 404


def test_api_makes_an_object_with_a_reference(api, shelf, jar_class):
    answer = api.post("/Jar/", {"shelf": str(shelf.pk), "seen_by": "5f0a" * 6}, format="json")
    jar = jar_class.objects.get()
    assert answer.json() == {"_id": str(jar.pk), "shelf": str(shelf.pk), "seen_by": "5f0a" * 6}
    assert jar.shelf_id == shelf.pk


@pytest.mark.parametrize("no_id", ["abc", "g" * 24])
def test_api_answers_what_is_no_id(api, shelf, no_id):
    assert api.get(f"/Shelf/{no_id}/").status_code == 404
    answer = api.post("/Jar/", {"shelf": no_id, "seen_by": no_id}, format="json")
    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == {"shelf", "seen_by"}

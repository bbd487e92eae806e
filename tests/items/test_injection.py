"""No value, whatever its type or text, becomes an operator, a field path, a regex or a document."""

import datetime
import decimal
import re
import uuid
from typing import Any, NamedTuple
from urllib.parse import urlencode

import bson
import pytest
from bson.code import Code
from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, NotSupportedError, connection, transaction
from django.db.models import Value
from hypothesis import given
from hypothesis import strategies as st

from items.documents import FIELDS
from items.models import Item
from tests.engine.engine_models.models import Record
from tests.engine.probes import (
    ENGINE,
    JUDGE,
    TEXTS,
    make_records,
    make_tags,
    outcome,
    store,
    teach_the_judge,
)
from tests.support.database import store as store_items

pytestmark = pytest.mark.random


class Text(str):
    """A text that shows itself as another."""

    def __str__(self) -> str:
        return "$where"


class Number(int):
    """A number that shows itself as a text."""

    def __str__(self) -> str:
        return "$gt"


class Disguise(NamedTuple):
    """A value of a subclass, made in the test: hypothesis itself handles such values wrongly."""

    kind: Any
    value: Any


def undisguised(value: Any) -> Any:
    return value.kind(value.value) if isinstance(value, Disguise) else value


OPERATORS = ["$where", "$gt", "$ne", "$regex", "$expr", "$in", "$text", "$$ROOT", "$number", "a.b"]
TEXT = st.one_of(st.sampled_from(TEXTS), st.sampled_from(OPERATORS), st.text(max_size=8))
DOCUMENTS = st.dictionaries(st.sampled_from(OPERATORS), TEXT | st.none(), max_size=2)
VALUES = st.one_of(
    TEXT,
    st.builds(Disguise, st.sampled_from([Text, Code]), TEXT),
    TEXT.map(str.encode),
    st.text(st.characters(categories=["Cs"]), min_size=1, max_size=2),
    DOCUMENTS,
    DOCUMENTS.map(str),
    st.lists(TEXT | DOCUMENTS | st.integers(), max_size=3),
    st.integers(),
    st.builds(Disguise, st.just(Number), st.integers(-3, 3)),
    st.floats(),
    st.decimals(),
    st.booleans(),
    st.none(),
    st.binary(max_size=4),
    st.uuids(),
    st.datetimes(timezones=st.just(datetime.UTC)),
    st.dates(),
    st.times(),
    st.sampled_from(
        [
            bson.ObjectId(b"0" * 12),
            bson.Regex("^a"),
            re.compile("a"),
            bson.MinKey(),
            bson.MaxKey(),
            bson.Timestamp(1, 1),
            bson.Binary(b"a", 5),
            bson.DBRef("a", 1),
            bson.Decimal128("NaN"),
            bson.Int64(3),
            object(),
            10**400,
        ]
    ),
)
FIELD_NAMES = ["text", "note", "number", "ratio", "amount", "flag", "day", "moment", "key", "raw"]
LOOKUPS = ["exact", "iexact", "contains", "icontains", "startswith", "istartswith", "endswith"]
LOOKUPS += ["iendswith", "gt", "gte", "lt", "lte", "in", "range", "isnull", "year"]
REFUSALS = (
    *(NotSupportedError, DataError, ValidationError, ValueError, TypeError, OverflowError),
    *(IntegrityError, decimal.DecimalException, AttributeError),
)


@pytest.fixture
def stored(sqlite):
    teach_the_judge()
    with transaction.atomic(using="sqlite"):
        store(list(make_records()), list(make_tags()))
        yield
        transaction.set_rollback(True, using="sqlite")


@pytest.mark.parametrize("method", ["filter", "exclude"])
def test_lookup_selects_what_it_selects_in_sql_or_is_refused(stored, method):
    @given(st.sampled_from(FIELD_NAMES), st.sampled_from(LOOKUPS), VALUES)
    def look_up(field, lookup, value):
        def probe(t, operand):
            rows = getattr(t.records, method)(**{f"{field}__{lookup}": operand})
            return rows.order_by("pk").values_list("pk")

        made = undisguised(value)
        ours = outcome(lambda t: probe(t, made), ENGINE)
        if ours[0] == "answer":
            # Django takes some for what they show themselves as.
            taken = [made, value.value] if isinstance(value, Disguise) else [made]
            assert ours in [outcome(lambda t, v=v: probe(t, v), JUDGE) for v in taken]

    look_up()


@given(st.sampled_from(LOOKUPS), TEXT, TEXT)
def test_text_changes_nothing_in_a_command_but_its_operand(lookup, one, other):
    if lookup in ("in", "range", "isnull", "year"):
        one, other, lookup = [one, one], [other, other], "in"

    def shape(value: Any) -> Any:
        """A command without its operands."""
        if isinstance(value, dict):
            return {key: shape(item) for key, item in value.items()}
        return type(value) if not isinstance(value, list) else [shape(item) for item in value]

    filters = [
        Record.objects.filter(**{f"text__{lookup}": value}).query.get_compiler("default").plan()
        for value in (one, other)
    ]
    assert shape(filters[0].filter) == shape(filters[1].filter)


@given(TEXT)
def test_text_in_a_pattern_is_matched_literally(text):
    plan = Record.objects.filter(text__contains=text).query.get_compiler("default").plan()
    assert re.fullmatch(plan.filter["text"]["$regex"], text, re.DOTALL)


@pytest.mark.parametrize("wrap", [lambda value: value, Value], ids=["value", "Value()"])
def test_written_value_is_stored_as_it_is_or_refused(wrap):
    @given(st.sampled_from(["text", "number", "ratio", "amount", "raw"]), VALUES)
    def write(field, value):
        value = undisguised(value)
        collection = connection.database[Record._meta.db_table]
        collection.delete_many({})
        Record.objects.bulk_create([Record(pk=1, text="a"), Record(pk=2, text="b")])
        before = list(collection.find().sort("id"))
        try:
            Record.objects.filter(pk=1).update(**{field: wrap(value)})
        except REFUSALS:
            assert list(collection.find().sort("id")) == before
            return
        changed, other = collection.find().sort("id")
        assert other == before[1]
        assert changed.keys() == before[0].keys()
        assert {**changed, field: 0} == {**before[0], field: 0}
        kinds = {"text": str, "number": int, "ratio": float, "amount": bson.Decimal128}
        assert changed[field] is None or type(changed[field]) in {
            kinds.get(field, bytes),
            bson.Int64 if field == "number" else kinds.get(field, bytes),
        }
        if field == "text" and type(value) is str:
            assert changed["text"] == value

    write()


# The same over HTTP

STOCK = [
    {"_id": str(uuid.UUID(int=n, version=4)), "name": name, "category": c, "count": n, "price": p}
    for n, (name, c, p) in enumerate(
        [
            *[("Hammer", "tools", 9.99), ("hammer", "tools", 1.0), ("$where", "tools", 2.0)],
            *[(".*", "consumables", 3.5), ("a", "consumables", 1.0), ("É", "tools", 0.5)],
        ]
    )
]
ONE = STOCK[0]["_id"]
NAMES = ["name", "count", "price", "category", "id", "_id", "limit", "cursor"]
NAMES += ["$where", "name[$ne]", "name.$gt", "price__gt"]
ARGUMENTS = st.dictionaries(
    st.sampled_from(NAMES),
    st.one_of(
        TEXT,
        st.sampled_from([item[name] for item in STOCK for name in FIELDS]).map(str),
        DOCUMENTS.map(str),
        st.integers().map(str),
        st.floats().map(str),
    ),
    min_size=1,
    max_size=2,
)
JSON = st.recursive(
    st.one_of(
        TEXT,
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.booleans(),
        st.none(),
    ),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)
BODIES = st.dictionaries(st.sampled_from(["name", "count", "price", "category", "id"]), JSON)


@pytest.fixture
def stock(auth_client):
    """Has the items stored, and gives the client and a function that has them anew."""

    def again() -> None:
        Item.objects.mongo_delete_many({})
        store_items([dict(item) for item in STOCK])

    again()
    return auth_client, again


def documents() -> dict[str, Any]:
    return {document["_id"]: document for document in Item.objects.mongo_find({})}


def equal(item: dict[str, Any], name: str, text: str) -> bool:
    """Whether a field equals what an argument says; names without regard to case."""
    if name in ("name", "category"):
        return item[name].casefold() == text.casefold()
    return item[name] == float(text)


def test_arguments_of_a_query_select_by_equality_alone(stock):
    client, _ = stock

    @given(ARGUMENTS)
    def ask(arguments):
        answer = client.get("/v1/items/", arguments)
        assert answer.status_code in (200, 400)
        if answer.status_code == 200:
            assert [item["id"] for item in answer.json()["selection"]] == sorted(
                item["_id"]
                for item in STOCK
                if all(equal(item, name, text) for name, text in arguments.items())
            )

    ask()
    assert documents() == {item["_id"]: item for item in STOCK}


def test_arguments_of_the_list_only_choose_the_page(stock):
    client, _ = stock

    @given(ARGUMENTS)
    def ask(arguments):
        answer = client.get("/v1/items", arguments)
        assert answer.status_code in (200, 400)
        if answer.status_code == 200:
            assert {item["id"] for item in answer.json()} <= {item["_id"] for item in STOCK}

    ask()


@pytest.mark.parametrize("method", ["put", "patch", "post"])
def test_values_change_one_item_to_plain_values_or_nothing(stock, method):
    client, again = stock

    @given(st.just({}) if method != "put" else ARGUMENTS | st.just({}), BODIES)
    def change(arguments, body):
        again()
        before = documents()
        path = "/v1/items" if method == "post" else f"/v1/items/{ONE}"
        if arguments:
            answer = client.generic("PUT", path, QUERY_STRING=urlencode(arguments))
        else:
            answer = getattr(client, method)(path, body, format="json")
        assert answer.status_code < 500
        after = documents()
        touched = {key for key in after if after[key] != before.get(key)}
        assert after.keys() >= before.keys()
        if answer.status_code >= 400:
            assert not touched
        else:
            assert touched <= {answer.json()["id"]}
        for key in touched:
            assert method == "post" or key == ONE
            assert {name: type(value) for name, value in after[key].items()} == {
                **{"_id": str, "name": str, "category": str, "count": int, "price": float}
            }

    change()

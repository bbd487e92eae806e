"""The ORM on the engine answers as on SQLite, or refuses; it never answers otherwise."""

import operator

import pytest
from django.db import connection, transaction
from django.db.models import Case, Count, F, Max, Q, When
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.engine_models.models import Record, Tag
from tests.engine.floor import reason_to_refuse
from tests.engine.probes import (
    AMOUNTS,
    CLOCKS,
    DAYS,
    ENGINE,
    JUDGE,
    MOMENTS,
    NUMBERS,
    RATIOS,
    SPANS,
    TEXTS,
    Tally,
    make_records,
    make_tags,
    outcome,
    store,
    teach_the_judge,
)
from tests.engine.probes_read import one_collection, several_collections
from tests.engine.probes_write import compare_write, writes
from tests.support.database import empty


@pytest.fixture(scope="module", autouse=True)
def judge(database):
    teach_the_judge()


@pytest.fixture
def stored(sqlite):
    """Records, tags, users and groups in both databases."""
    with transaction.atomic(using="sqlite"):
        store(list(make_records()), list(make_tags()))
        for tables in (ENGINE, JUDGE):
            users = [tables.users.create(username=name) for name in "abc"]
            groups = [tables.groups.create(name=name) for name in ("one", "two")]
            users[0].groups.set(groups)
            users[1].groups.set(groups[1:])
        yield
        transaction.set_rollback(True, using="sqlite")


ONE = one_collection()


@pytest.mark.parametrize("step", [3, pytest.param(1, marks=pytest.mark.long)])
@pytest.mark.parametrize("row", ONE)
def test_each_probe_is_answered_or_refused_as_its_cell_says(stored, record_property, row, step):
    hold(Tally(record_property, row), dict(list(ONE[row].items())[::step]))


def test_each_probe_of_relations_is_answered_or_refused_as_its_cell_says(stored, record_property):
    hold(Tally(record_property, "relations"), several_collections())


def hold(tally, probes):
    """Put each probe to both databases; compare the outcome with what must come out."""
    for name, probe in probes.items():
        tally.hold(name, reason_to_refuse(name), outcome(probe, ENGINE), outcome(probe, JUDGE))
    tally.close()


@pytest.fixture
def few(sqlite):
    """A few records and tags in both databases, and a way to have them again."""
    with transaction.atomic(using="sqlite"):
        records, tags = list(make_records(12)), list(make_tags())
        store(records, tags)
        kept = {
            model: list(connection.database[model._meta.db_table].find()) for model in (Record, Tag)
        }

        def restore() -> None:
            for model, documents in kept.items():
                collection = connection.database[model._meta.db_table]
                if list(collection.find()) != documents:
                    empty(collection)
                    collection.insert_many(documents)

        yield restore
        transaction.set_rollback(True, using="sqlite")


def test_each_write_leaves_the_same_rows_or_is_refused_and_changes_nothing(few, record_property):
    tally = Tally(record_property, "writes")
    for name, probe in writes().items():
        if tally.hold(name, reason_to_refuse(name), *compare_write(probe)) != "refused":
            few()
    tally.close()


def leaf(field: str, lookups: list[str], values: list) -> st.SearchStrategy[Q]:
    """Conditions of one field."""
    some = [value for value in values if value is not None]
    return st.one_of(
        st.builds(
            lambda k, v: Q((f"{field}__{k}", v)), st.sampled_from(lookups), st.sampled_from(some)
        ),
        st.builds(lambda v: Q((f"{field}__in", v)), st.lists(st.sampled_from(values), max_size=3)),
        st.builds(lambda v: Q((f"{field}__isnull", v)), st.booleans()),
    )


ORDERS = ["exact", "gt", "gte", "lt", "lte"]
PATTERNS = ["exact", "iexact", "contains", "icontains", "startswith", "iendswith", "gt"]
LEAVES = st.one_of(
    leaf("text", PATTERNS, TEXTS),
    leaf("note", PATTERNS, TEXTS),
    leaf("number", ORDERS, NUMBERS),
    leaf("ratio", ORDERS, RATIOS),
    leaf("amount", ORDERS, AMOUNTS),
    leaf("day", [*ORDERS, "year", "month__gte"], [1, 2, 2026]),
    leaf("day", ORDERS, DAYS),
    leaf("moment", ORDERS, MOMENTS),
    leaf("clock", ORDERS, CLOCKS),
    leaf("span", ORDERS, SPANS),
    leaf("flag", ["exact"], [True, False]),
    leaf("pk", ORDERS, list(range(13))),
    st.sampled_from([Q(number__lt=F("pk")), Q(ratio__gte=F("number") * 2), Q(text=F("note"))]),
)
TREES = st.recursive(
    LEAVES,
    lambda trees: st.one_of(
        st.builds(operator.and_, trees, trees),
        st.builds(operator.or_, trees, trees),
        st.builds(operator.xor, trees, trees),
        st.builds(operator.invert, trees),
    ),
    max_leaves=9,
)
TAGGED = TREES | st.builds(
    lambda tree, word, op: op(tree, Q(tags__word=word)),
    TREES,
    st.sampled_from(["a", "b", "zz"]),
    st.sampled_from([operator.and_, operator.or_]),
)


def random_questions(tree: Q, other: Q, cut: slice):
    """Uses of two trees."""
    yield "filter", lambda t: t.records.filter(tree).order_by("pk").values_list("pk")
    yield "exclude", lambda t: t.records.exclude(tree).order_by("-pk").values_list("pk")[cut]
    yield (
        "aggregate",
        lambda t: t.records.filter(other).aggregate(n=Count("note", filter=tree), m=Max("day")),
    )
    yield (
        "case",
        lambda t: (
            t.records.annotate(c=Case(When(tree, then=1), When(other, then=2), default=3))
            .values("c")
            .annotate(n=Count("pk"))
            .order_by("c")
        ),
    )


@pytest.mark.random
def test_random_conditions_select_the_same(stored, record_property):
    tally = Tally(record_property, "random conditions")
    cuts = st.builds(slice, st.integers(0, 5), st.one_of(st.none(), st.integers(5, 20)))

    @given(TREES, TREES, cuts)
    def ask(tree, other, cut):
        for name, probe in random_questions(tree, other, cut):
            assert tally.ask(f"{name} {tree} {other} {cut}", probe) != "wrong", tally.wrong[-1]

    ask()
    tally.close()
    assert tally.share() >= 0.8


@pytest.mark.random
def test_random_conditions_change_the_same(few, record_property):
    tally = Tally(record_property, "random changes")

    @given(TAGGED, st.booleans())
    def change(tree, update):
        def probe(t):
            chosen = t.records.filter(tree)
            return chosen.update(number=F("pk") + 1) if update else chosen.delete()[0]

        few()
        verdict = tally.judge(f"{'update' if update else 'delete'} {tree}", *compare_write(probe))
        assert verdict != "wrong", tally.wrong[-1]

    change()
    tally.close()

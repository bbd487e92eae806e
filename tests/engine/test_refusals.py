"""No UPDATE or DELETE reaches a document that its condition does not select.

The engine translates Django's query tree. So a statement that was cut or changed is a tree with a
node of an unknown class, or without a node; SQL text is refused altogether.
"""

import datetime
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlparse
from django.db import NotSupportedError, connection
from django.db.models import Case, CharField, F, Model, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, Concat, Length
from django.db.models.lookups import Lookup
from django.db.models.sql import DeleteQuery, InsertQuery, UpdateQuery
from django.db.models.sql.where import WhereNode

from tests.engine.engine_models.models import Record, Tag
from tests.engine.probes import make_records, make_tags
from tests.engine.probes_write import documents

CONDITIONS: dict[str, Callable[[], QuerySet[Any]]] = {
    "exact": lambda: Record.objects.filter(text="abc"),
    "two": lambda: Record.objects.filter(text="abc", number__gt=1),
    "or": lambda: Record.objects.filter(Q(number=1) | Q(note__isnull=True)),
    "not": lambda: Record.objects.exclude(Q(number__in=[1, 2]) & ~Q(flag=True)),
    "xor": lambda: Record.objects.filter(Q(number__lte=1) ^ Q(pk__range=(1, 3))),
    "patterns": lambda: Record.objects.filter(text__icontains="a", note__startswith="b"),
    "year": lambda: Record.objects.filter(day__year=2026, day__month=1),
    "columns": lambda: Record.objects.filter(number__lt=F("pk") * 2 + 1),
    "coalesce": lambda: Record.objects.filter(ratio__gte=Coalesce("number", Value(0))),
    "length": lambda: Record.objects.annotate(n=Length("text")).filter(n__gt=2),
    "concat": lambda: Record.objects.annotate(
        n=Concat("text", Value("!"), output_field=CharField())
    ).filter(n="abc!"),
    "case": lambda: Record.objects.annotate(
        c=Case(When(flag=True, then=F("number")), default=Value(0))
    ).filter(c__gt=1),
    "join": lambda: Record.objects.filter(tags__word="a", number__gt=0),
    "not join": lambda: Record.objects.exclude(tags__word="a"),
    "parent": lambda: Tag.objects.filter(record__number__gt=0, word="a"),
    "in queryset": lambda: Tag.objects.filter(record__in=Record.objects.filter(flag=True)),
}


@pytest.fixture
def stored():
    Record.objects.bulk_create(make_records(12))
    Tag.objects.bulk_create(make_tags())


def positions(node: Any) -> Iterator[tuple[Any, Callable[[Any], None]]]:
    """Every node below a node of a condition, each with the function that replaces it."""
    if isinstance(node, WhereNode):
        children = node.children
        for index, child in enumerate(children):
            yield child, lambda new, i=index: children.__setitem__(i, new)
            yield from positions(child)
        return
    if not hasattr(node, "get_source_expressions"):
        return
    if isinstance(node, Lookup):
        yield node.rhs, lambda new: setattr(node, "rhs", new)
    sources = node.get_source_expressions()
    for index, source in enumerate(sources):
        if source is not None:
            yield (
                source,
                lambda new, i=index: node.set_source_expressions(
                    [*sources[:i], new, *sources[i + 1 :]]
                ),
            )
            yield from positions(source)


def unknown(node: Any) -> Any:
    """The node as an instance of a subclass that the engine does not know."""
    changed = node.copy() if hasattr(node, "copy") else node
    changed.__class__ = type(f"Unknown{type(node).__name__}", (type(node),), {})
    return changed


def nullable(model: type[Model]) -> Any:
    """A field that may be NULL."""
    return next(field for field in model._meta.fields if field.null)


WRITES: dict[str, Callable[[QuerySet[Any]], Any]] = {
    "update": lambda rows: rows.update(**{nullable(rows.model).name: None}),
    "delete": lambda rows: rows.delete(),
    "raw delete": lambda rows: rows._raw_delete("default"),
}


@pytest.mark.parametrize("change", [unknown, lambda node: None], ids=["unknown", "left out"])
@pytest.mark.parametrize("write", WRITES)
def test_condition_with_a_node_unknown_or_left_out_refuses(stored, write, change):
    before = documents()
    for name, make in CONDITIONS.items():
        for index in range(len(list(positions(make().query.where)))):
            rows = make()
            node, replace = list(positions(rows.query.where))[index]
            if not hasattr(node, "resolve_expression") and change is unknown:
                continue  # a value, not a node
            replace(change(node))
            try:
                WRITES[write](rows)
            except Exception as error:
                # A node that is missing may already be an error to Django itself.
                assert change is not unknown or isinstance(error, NotSupportedError), (node, error)
            else:
                pytest.fail(f"{name} was written without {node!r}")
    assert documents() == before


def statements() -> Iterator[tuple[str, tuple[Any, ...]]]:
    """The SQL text of all four kinds of statement, as Django writes it for SQLite."""
    for make in CONDITIONS.values():
        query = make().using("sqlite").query
        yield query.get_compiler("sqlite").as_sql()
        yield query.chain(DeleteQuery).get_compiler("sqlite").as_sql()
        if len(query.alias_map) == 1:
            update = query.chain(UpdateQuery)
            update.add_update_values({query.model._meta.fields[-1].name: None})
            yield update.get_compiler("sqlite").as_sql()
    insert = InsertQuery(Tag)
    insert.insert_values(Tag._meta.fields, [Tag(pk=1, word="a")])
    yield from insert.get_compiler("sqlite").as_sql()


def test_every_sql_text_refuses_before_anything_is_read_or_written():
    count = 0
    with connection.cursor() as cursor:
        cursor.cursor.db_conn = None  # what reached for the database would fail otherwise
        for sql, params in statements():
            tokens = [str(token) for token in sqlparse.parse(sql)[0].flatten()]
            for text in itertools.accumulate(tokens):
                for given in (params, params[:-1], (*params, 1), (), None):
                    with pytest.raises(NotSupportedError, match="SQL text"):
                        cursor.execute(text, given)
                    count += 1
            with pytest.raises(NotSupportedError, match="SQL text"):
                cursor.executemany(sql, [params, params])
    assert count > 5000


def test_write_with_an_unknown_expression_as_its_value_changes_nothing(stored):
    before = documents()
    values = [F("number") + 1, Coalesce("number", Value(1)), Case(When(flag=True, then=1))]
    for value in values:
        value.__class__ = type("Unknown", (type(value),), {})
        with pytest.raises(NotSupportedError):
            Record.objects.update(number=value)
    assert documents() == before


@pytest.mark.parametrize(
    "options",
    [{"extra_tables": ("engine_models_tag",)}, {"combinator": "union"}],
    ids=["second table", "union"],
)
def test_delete_of_a_query_with_more_than_a_condition_is_refused(stored, options):
    before = documents()
    rows = Tag.objects.filter(record__number__gt=0, record__day__lt=datetime.date(2100, 1, 1))
    for name, value in options.items():
        setattr(rows.query, name, value)
    with pytest.raises(NotSupportedError):
        rows._raw_delete("default")
    assert documents() == before

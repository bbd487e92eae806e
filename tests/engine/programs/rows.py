"""The rows that programs run over: drawn at random, and stored in both databases."""

import datetime
from decimal import Decimal
from typing import Any

from bson import Decimal128
from django.db import connection, connections, models

from djongo_engine.counters import count_on, counted_column, drop_counter
from tests.engine.programs.draw import Draw
from tests.engine.programs.tables import MODELS

Rows = dict[str, list[dict[str, Any]]]
"""The rows of each table by its name, each a column's value by the column's name.

A document lacks a column that its row lacks; SQLite holds NULL there.
"""

TEXTS = [
    "",
    "a",
    "abc",
    "ABC",
    "a.c",
    "É",
    "é",
    "ß",
    "日本",
    "😀",
    "%",
    "_",
    "$a",
    "\\",
    "x'y",
    "0",
]
VALUES: dict[str, list[Any]] = {
    "text": TEXTS,
    "integer": [0, 1, 2, 3, 5, -1, 100, 2**40],
    # Quarters, whose sums are exact in SQLite too.
    "decimal": [Decimal(n) for n in ("0.00", "0.25", "1.50", "-0.25", "12.75")],
    "float": [0.0, 0.25, 1.5, -0.25, 12.75],
    "boolean": [True, False],
    "date": [datetime.date(*d) for d in [(1969, 12, 31), (2024, 2, 29), (2026, 1, 1)]],
}
CLASSES = {
    models.TextField: "text",
    models.CharField: "text",
    models.IntegerField: "integer",
    models.DecimalField: "decimal",
    models.FloatField: "float",
    models.BooleanField: "boolean",
    models.DateField: "date",
}
DANGLING = 99
SIZES = {"book": 8, "review": 9, "contribution": 8, "film": 5, "person": 6, "publisher": 5}
CODES = ["", "a", "É", "s1"]


def kind_of(field: models.Field) -> str | None:
    """The kind of a column's values; None for a key."""
    return None if field.is_relation or field.primary_key else CLASSES.get(type(field))


def draw_rows(draw: Draw) -> Rows:
    """Rows with NULLs, ties, missing columns and keys that lead nowhere; some tables are empty."""
    rows: Rows = {}
    keys: dict[type[models.Model], list[Any]] = {}
    for model in MODELS:
        keys[model] = _keys(draw, model, keys)
        drawn = [_row(draw, model, key) for key in keys[model]]
        if together := model._meta.unique_together:
            columns = [model._meta.get_field(name).column for name in together[0]]
            drawn = list({tuple(row[c] for c in columns): row for row in drawn}.values())
        rows[model._meta.db_table] = drawn
    return rows


def _keys(draw: Draw, model: type[models.Model], keys: dict[type[models.Model], list[Any]]) -> Any:
    if draw.chance(0.06):
        return []
    if parents := list(model._meta.parents):
        above = keys[parents[0]]
        return sorted(draw.some(above, len(above))) if above else []
    if model._meta.pk.get_internal_type() == "CharField":
        return CODES[: 1 + draw.up_to(3)]
    return list(range(1, 2 + draw.up_to(SIZES.get(model._meta.model_name, 5))))


def _row(draw: Draw, model: type[models.Model], key: Any) -> dict[str, Any]:
    row = {model._meta.pk.column: key}
    for field in model._meta.local_concrete_fields:
        if field.primary_key:
            continue
        if field.null and draw.chance(0.1):
            continue
        row[field.column] = None if field.null and draw.chance(0.2) else _value(draw, field, key)
    return row


def _value(draw: Draw, field: models.Field, key: Any) -> Any:
    if field.name == "isbn":
        return f"isbn {key}"
    if not field.is_relation:
        return draw.one(VALUES[kind_of(field)])
    target = field.target_field
    if target.name == "isbn":
        return f"isbn {draw.one([1, 2, 3, DANGLING])}"
    if target.get_internal_type() == "CharField":
        return draw.one([*CODES, "nowhere"])
    if field.unique:
        return key
    return DANGLING if draw.chance(0.08) else 1 + draw.up_to(4)


def store(rows: Rows) -> None:
    """Store the rows in both databases, instead of all that is there."""
    judge = connections["sqlite"]
    with judge.cursor() as cursor:
        for model in MODELS:
            table = model._meta.db_table
            cursor.execute(f'DELETE FROM "{table}"')
            cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
            fields = model._meta.local_concrete_fields
            marks = ", ".join("?" * len(fields))
            names = ", ".join(f'"{field.column}"' for field in fields)
            values = [
                [f.get_db_prep_save(row.get(f.column), judge) for f in fields]
                for row in _whole(model, rows)
            ]
            # The wrapper's own cursor would want `%s`, and one statement a row.
            judge.connection.executemany(
                f'INSERT INTO "{table}" ({names}) VALUES ({marks})', values
            )
    restore(rows)


def restore(rows: Rows, tables: list[str] | None = None) -> None:
    """Store the rows in MongoDB, instead of all that is in those tables."""
    for model in MODELS:
        table = model._meta.db_table
        if tables is None or table in tables:
            collection = connection.database[table]
            collection.delete_many({})
            if documents := [
                {column: _in_mongodb(value) for column, value in row.items()}
                for row in _whole(model, rows)
            ]:
                collection.insert_many(documents)
            drop_counter(connection.database, table)
            if documents and (column := counted_column(model)):
                # As SQLite's does, the counter counts on from these rows when they are deleted.
                count_on(connection.database, table, column)


def _whole(model: type[models.Model], rows: Rows) -> list[dict[str, Any]]:
    """Return a table's rows with the defaults of the columns that no row may lack."""
    defaults = {
        field.column: 1 if field.is_relation else field.get_default()
        for field in model._meta.local_concrete_fields
        if not field.null
    }
    return [{**defaults, **row} for row in rows.get(model._meta.db_table, ())]


def _in_mongodb(value: Any) -> Any:
    if isinstance(value, Decimal):
        return Decimal128(value)
    if isinstance(value, datetime.date):
        return datetime.datetime.combine(value, datetime.time())
    return value

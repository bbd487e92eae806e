"""Runs a program on both databases, and compares the answers and what is stored."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import NotSupportedError, connections, models, transaction
from django.db.models import QuerySet

from tests.engine.probes import difference, plain, teach_the_judge
from tests.engine.programs.rows import Rows, restore, store
from tests.engine.programs.tables import MODELS, NAMES, TOLD, called, tables

Statement = Callable[[Any], Any]
# Of a child model Django saves the parent first. If the child fails, MongoDB keeps the parent.
IN_SEVERAL_TABLES = {called(model) for model in TOLD if model._meta.parents}
# Of some conditions Django writes SQL that reads a table which it does not join.
NO_SQL = "OperationalError: no such column"
EQUAL, REFUSED, FAILED, WRONG = "equal", "refused", "failed", "wrong"


@dataclass(frozen=True)
class Verdict:
    """What came of a program, and what it says of it.

    `equal`: the same answers. `refused`: by the engine. `failed`: by both with the same exception,
    as for an object that is not there. `wrong`: anything else.
    """

    kind: str
    text: str = ""
    fault: str = ""
    """What kind of wrong: the outcomes on both sides."""


@cache
def _tables(alias: str) -> Any:
    return tables(alias)


def meaning(statement: str) -> Statement:
    """Return the function that a statement's text is."""
    function: Statement = eval(f"lambda t: {statement}", dict(NAMES))
    return function


def answer(statement: Statement, alias: str) -> tuple[str, Any]:
    """Return what a statement gives: an answer, a refusal or the class of an exception."""
    try:
        with transaction.atomic(using=alias):
            return EQUAL, shown(statement(_tables(alias)))
    except NotSupportedError as error:
        return REFUSED, str(error)
    except Exception as error:
        return FAILED, f"{type(error).__name__}: {error}"


def shown(value: Any, within: tuple[int, ...] = ()) -> Any:
    """Return an answer as `plain` does, with the objects that were fetched along."""
    if isinstance(value, models.Model):
        if id(value) in within:
            return type(value).__name__, value.pk
        inside = (*within, id(value))
        fetched = {**value._state.fields_cache, **getattr(value, "_prefetched_objects_cache", {})}
        return plain(value), {n: shown(v, inside) for n, v in sorted(fetched.items())}
    if isinstance(value, QuerySet):
        found = [shown(item, within) for item in value]
        return found if value.query.order_by else sorted(found, key=repr)
    if isinstance(value, dict):
        return {key: shown(item, within) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [shown(item, within) for item in value]
    return plain(value)


def stored(alias: str) -> dict[str, list[Any]]:
    """Return every row of every table, except the ids of those that no program names."""
    return {
        model._meta.db_table: sorted(
            map(
                plain,
                model._base_manager.using(alias).values_list(
                    *(
                        field.attname
                        for field in model._meta.local_concrete_fields
                        if not (model._meta.auto_created and field.primary_key)
                    )
                ),
            ),
            key=repr,
        )
        for model in MODELS
    }


def run(statements: list[Statement], rows: Rows, writes: bool) -> Verdict:
    """Run the statements on both databases, which hold the rows, and do so afterwards."""
    if not writes:
        return _run(statements, False)
    with transaction.atomic(using="sqlite"):
        verdict = _run(statements, True)
        transaction.set_rollback(True, using="sqlite")
    restore(rows)
    return verdict


def _run(statements: list[Statement], writes: bool) -> Verdict:
    kind, text = EQUAL, ""
    for number, statement in enumerate(statements, start=1):
        ours = answer(statement, "default")
        if ours[0] == REFUSED:
            kind, text = ours
            break
        right = answer(statement, "sqlite")
        if right[0] == FAILED and (_same_class(ours, right) or NO_SQL in right[1]):
            kind, text = FAILED, right[1]
            break
        if ours != right:
            return _wrong(f"statement {number}", f"{ours[0]} for {right[0]}", ours, right)
    if kind == FAILED and IN_SEVERAL_TABLES.intersection(statement.__code__.co_names):
        return Verdict(kind, text)
    if writes and (ours := stored("default")) != (right := stored("sqlite")):
        return _wrong(f"stored after this was {kind}", "stored", ours, right)
    return Verdict(kind, text)


def _same_class(ours: tuple[str, Any], right: tuple[str, Any]) -> bool:
    return ours[0] == FAILED and ours[1].partition(":")[0] == right[1].partition(":")[0]


def _wrong(where: str, fault: str, ours: Any, right: Any) -> Verdict:
    one, other = difference(ours, right)
    text = f"{where}\n  engine: {one!r:.300}\n  judge:  {other!r:.300}"
    return Verdict(WRONG, text, fault)


def verdict_of(statements: tuple[str, ...], rows: Rows) -> Verdict:
    """Store the rows and run the statements' texts."""
    store(rows)
    return run([meaning(statement) for statement in statements], rows, writes=True)


def check(rows: Rows, *statements: Statement) -> None:
    """Assert that both databases answer alike over these rows: what a printed program calls."""
    store(rows)
    verdict = run(list(statements), rows, writes=True)
    assert verdict.kind != WRONG, verdict.text


@contextmanager
def judged() -> Iterator[None]:
    """Let SQLite hold keys that lead nowhere, as MongoDB does; leave no row behind."""
    teach_the_judge()
    judge = connections["sqlite"]
    judge.disable_constraint_checking()
    try:
        yield
    finally:
        store({})
        judge.enable_constraint_checking()

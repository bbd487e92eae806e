"""Random conditions: trees of Q, as text."""

from typing import Any

from django.db import models

from tests.engine.programs.draw import Draw
from tests.engine.programs.paths import (
    Path,
    columns,
    draw_column,
    hops,
    kind_at,
    note_joins,
    walk,
)
from tests.engine.programs.rows import CODES, DANGLING, VALUES
from tests.engine.programs.tables import TOLD, called

Model = type[models.Model]
ORDERS = ["exact", "exact", "gt", "gte", "lt", "lte"]
LOOKUPS = {
    "text": ["exact", "exact", "iexact", "contains", "icontains", "startswith", "endswith"],
    "date": [*ORDERS, "year", "month"],
    "boolean": ["exact"],
}


def tree(draw: Draw, model: Model, leaves: int = 3, negated: bool = False) -> str:
    """Return conditions under AND, OR, XOR and NOT."""
    if leaves > 1 and draw.chance(0.5):
        operator = draw.by_weight({"&": 4, "|": 4, "^": 0.5})
        left = draw.random.randint(1, leaves - 1)
        one = tree(draw, model, left, negated)
        return f"({one} {operator} {tree(draw, model, leaves - left, negated)})"
    if draw.chance(0.25):
        return f"~{tree(draw, model, 1, True)}"
    return leaf(draw, model, negated)


def leaf(draw: Draw, model: Model, negated: bool) -> str:
    """Return one condition: on a column, a relation, two columns, or a subquery."""
    make = draw.by_weight({_on_column: 60, _on_relation: 20, _on_columns: 8, _on_subquery: 8})
    return make(draw, model, negated)


def _note_negation(draw: Draw, path: Path, negated: bool) -> None:
    if negated and path.many:
        draw.note("exclude over many")


def _on_column(draw: Draw, model: Model, negated: bool) -> str:
    path = walk(draw, model)
    names = columns(path.model)
    if not names:
        return _on_relation(draw, model, negated)
    name = draw.one(names)
    note_joins(draw, path)
    _note_negation(draw, path, negated)
    return f"Q({path.to(name)}{test(draw, kind_at(path, name))})"


def test(draw: Draw, kind: str) -> str:
    """Return a lookup of a column with its value: `__gt=3`."""
    values = VALUES[kind]
    lookup = draw.one([*LOOKUPS.get(kind, ORDERS), *["in", "range", "isnull"]])
    if lookup == "isnull":
        return f"__isnull={draw.chance(0.5)}"
    if lookup == "in":
        return f"__in={draw.some([*values, None], 3)!r}"
    if lookup == "range":
        return f"__range=({draw.one(values)!r}, {draw.one(values)!r})"
    if lookup in ("year", "month"):
        return f"__{lookup}={draw.one([2, 12, 2024])}"
    return f"{'' if lookup == 'exact' else '__' + lookup}={draw.one(values)!r}"


def _on_relation(draw: Draw, model: Model, negated: bool) -> str:
    path = walk(draw, model, most=2)
    hop = draw.one(hops(path.model))
    whole = Path((*path.hops, hop), hop.model)
    # The key of a row lies at its own end: only what leads there is joined.
    note_joins(draw, whole if hop.attribute != hop.name or hop.many else path)
    _note_negation(draw, whole, negated)
    name = path.to(hop.name)
    if draw.chance(0.4):
        return f"Q({name}__isnull={draw.chance(0.5)})"
    keys = keys_of(hop.model)
    if draw.chance(0.3):
        return f"Q({name}__in={draw.some([*keys, None], 3)!r})"
    return f"Q({name}={draw.one([*keys, None])!r})"


def keys_of(model: Model) -> list[Any]:
    """Primary keys that a model's rows may have."""
    texts = model._meta.pk.get_internal_type() == "CharField"
    return CODES if texts else [1, 2, 3, 4, DANGLING]


def _on_columns(draw: Draw, model: Model, negated: bool) -> str:
    one, kind = draw_column(draw, model, many=not negated)
    other, _ = draw_column(draw, model, (kind,), many=False)
    return f"Q({one}{draw.one(['', '__lt', '__gte'])}=F({other!r}))"


def _on_subquery(draw: Draw, model: Model, negated: bool) -> str:
    draw.note("subquery")
    if (links := [hop for hop in hops(model) if hop.many]) and draw.chance(0.4):
        return exists(draw, draw.one(links), model)
    path = walk(draw, model, most=1)
    note_joins(draw, path)
    _note_negation(draw, path, negated)
    inner = f"t.{called(path.model)}.filter({tree(draw, path.model, 1)})"
    if draw.chance(0.3):
        pointing = [
            (other, hop.name)
            for other in TOLD
            for hop in hops(other)
            if hop.model is path.model and not hop.many and hop.name == hop.attribute
        ]
        if pointing:
            other, name = draw.one(pointing)
            inner = f"t.{called(other)}.filter({tree(draw, other, 1)}).values({name!r})"
    return f"Q({path.to('pk')}__in={inner})"


def exists(draw: Draw, hop: Any, model: Model) -> str:
    """Return an EXISTS of the rows at the other end of a relation."""
    draw.note("exists")
    back = [h for h in hops(hop.model) if h.model is model]
    name = draw.one(back).name if back else "pk"
    inner = f"t.{called(hop.model)}.filter({tree(draw, hop.model, 1)}, {name}=OuterRef('pk'))"
    return f"Q(Exists({inner}))"

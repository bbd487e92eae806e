"""Random statements that write, as text."""

from django.db import models

from tests.engine.programs.conditions import keys_of, tree
from tests.engine.programs.draw import Draw
from tests.engine.programs.reads import chosen
from tests.engine.programs.rows import VALUES, kind_of
from tests.engine.programs.tables import TOLD, called

Model = type[models.Model]
NEW = 900
"""Keys from here on are free."""


def write(draw: Draw, model: Model) -> str:
    """Return a change."""
    draw.note("write")
    make = draw.by_weight(
        {
            _update: 6,
            _delete: 5,
            _create: 3,
            _bulk_create: 2,
            _bulk_update: 3,
            _save: 2,
            _get_or_create: 2,
            _relate: 3,
        }
    )
    return make(draw, model)


def _rows(draw: Draw, model: Model) -> str:
    """Rows to change: seldom all of them."""
    if draw.chance(0.3):
        return f"t.{called(model)}.filter(pk__in={draw.some(keys_of(model), 3)!r})"
    return chosen(draw, model)


def _fields(model: Model, local: bool = False) -> list[models.Field]:
    """What can be given a value: not a key, and not a column of one-to-one values."""
    fields = model._meta.local_concrete_fields if local else model._meta.concrete_fields
    return [field for field in fields if not field.unique and (kind_of(field) or field.is_relation)]


def _value(draw: Draw, field: models.Field) -> str:
    if field.null and draw.chance(0.25):
        return "None"
    if kind := kind_of(field):
        return repr(draw.one(VALUES[kind]))
    if field.target_field.name == "isbn":
        return repr(f"isbn {draw.one([1, 2, 3])}")
    return repr(draw.one(keys_of(field.related_model)))


def _values(draw: Draw, fields: list[models.Field], most: int = 3) -> dict[str, str]:
    return {field.attname: _value(draw, field) for field in draw.some(fields, most)}


def _said(values: dict[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in values.items())


def _update(draw: Draw, model: Model) -> str:
    draw.note("update")
    fields = _fields(model)
    values = _values(draw, fields, 2)
    numbers = [field for field in fields if kind_of(field) in ("integer", "float", "decimal")]
    if numbers and draw.chance(0.4):
        draw.note("update by an expression")
        field = draw.one(numbers)
        values[field.attname] = f"F({field.name!r}) {draw.one('+-*')} {draw.one([1, 2])}"
    return f"{_rows(draw, model)}.update({_said(values)})"


def _delete(draw: Draw, model: Model) -> str:
    draw.note("delete")
    return f"{_rows(draw, model)}.delete()"


def _create(draw: Draw, model: Model) -> str:
    draw.note("create")
    return f"t.{called(model)}.create({_said(_new(draw, model, NEW))})"


def _new(draw: Draw, model: Model, key: int) -> dict[str, str]:
    needed = {
        field.attname: _value(draw, field)
        for field in _fields(model)
        if field.is_relation and not field.null
    }
    text = model._meta.pk.get_internal_type() == "CharField"
    given = {"pk": repr(f"new {key}" if text else key)} if text or draw.chance(0.7) else {}
    return given | _values(draw, _fields(model)) | needed


def _bulk_create(draw: Draw, model: Model) -> str:
    if model._meta.parents:
        return _create(draw, model)
    draw.note("bulk_create")
    made = []
    pk = draw.chance(0.5) or model._meta.pk.get_internal_type() == "CharField"
    for key in range(NEW, NEW + 1 + draw.up_to(2)):
        values = _new(draw, model, key)
        values.pop("pk", None)
        text = model._meta.pk.get_internal_type() == "CharField"
        given = {"pk": repr(f"new {key}" if text else key)} if pk else {}
        made.append(f"{model.__name__}({_said(given | values)})")
    return f"t.{called(model)}.bulk_create([{', '.join(made)}])"


def _bulk_update(draw: Draw, model: Model) -> str:
    draw.note("bulk_update")
    values = _values(draw, _fields(model), 2)
    rows = f"t.{called(model)}"
    return f"{rows}.bulk_update(changed({_rows(draw, model)}, {_said(values)}), {list(values)!r})"


def _save(draw: Draw, model: Model) -> str:
    draw.note("save")
    return f"saved({_rows(draw, model)}, {_said(_values(draw, _fields(model), 2))})"


def _get_or_create(draw: Draw, model: Model) -> str:
    method = draw.one(["get_or_create", "update_or_create"])
    draw.note(method)
    key = draw.one(
        [*keys_of(model), "new" if model._meta.pk.get_internal_type() == "CharField" else NEW]
    )
    defaults = _new(draw, model, NEW)
    defaults.pop("pk", None)
    said = ", ".join(f"{name!r}: {value}" for name, value in defaults.items())
    return f"t.{called(model)}.{method}(pk={key!r}, defaults={{{said}}})"


def _relate(draw: Draw, model: Model) -> str:
    """Change a relation by the manager of one object."""
    draw.note("related manager")
    key = draw.one([1, 2, 3])
    match draw.up_to(5):
        case 0:
            one, other, name = "books", "tags", "tags"
        case 1:
            one, other, name = "tags", "books", "books"
        case 2:
            one, other, name = "publishers", "books", "books"
        case 3:
            one, other, name = "people", "reviews", "reviews"
        case 4:
            one, other, name = "novels", "tags", "tags"
        case _:
            one, other, name = "publishers", "publishers", "imprints"
    target = next(found for found in TOLD if called(found) == other)
    manager = f"t.{one}.get(pk={key}).{name}"
    if draw.chance(0.2):
        return f"{manager}.clear()"
    chosen_rows = f"t.{other}.filter({tree(draw, target, 1)})"
    method = draw.one(["add", "remove", "set"])
    return f"{manager}.{method}({'' if method == 'set' else '*'}{chosen_rows})"

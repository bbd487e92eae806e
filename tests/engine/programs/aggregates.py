"""Random aggregates, and arithmetic with them, as text."""

import re

from django.db import models

from tests.engine.programs.conditions import tree
from tests.engine.programs.draw import Draw
from tests.engine.programs.paths import draw_column, note_joins, walk, walk_to_many

Model = type[models.Model]
NUMBERS = ("integer", "decimal", "float")
EMPTY_LIST = re.compile(r"__in=\[(None(, None)*)?\]")


def aggregate(draw: Draw, model: Model) -> tuple[str, str]:
    """Return an aggregate, and the kind of its value."""
    kind = draw.by_weight({"Count": 4, "Sum": 3, "Avg": 1, "Min": 1, "Max": 2})
    options = ", distinct=True" if kind in ("Count", "Sum") and draw.chance(0.2) else ""
    if draw.chance(0.2):
        draw.note("aggregate with a filter")
        options += f", filter={tree(draw, model, 2)}"
    if kind == "Count":
        path = walk_to_many(draw, model) if draw.chance(0.6) else walk(draw, model)
        note_joins(draw, path)
        name = "__".join(hop.name for hop in path.hops) or "pk"
        return f"Count({name!r}{options})", "integer"
    if kind in ("Sum", "Avg"):
        name, of = draw_column(draw, model, NUMBERS)
        if kind == "Sum" and draw.chance(0.2):
            draw.note("aggregate with a default")
            options += ", default=0"
        return f"{kind}({name!r}{options})", "float" if (kind, of) == ("Avg", "integer") else of
    name, of = draw_column(draw, model, (*NUMBERS, "text", "date"))
    return f"{kind}({name!r}{options})", of


def with_arithmetic(draw: Draw, model: Model) -> str:
    """Return arithmetic with aggregates of integers."""
    draw.note("arithmetic with aggregates")
    one = whole(draw, model)
    match draw.up_to(5):
        case 0:
            return f"{one} + 1"
        case 1:
            return f"{one} * 2 - {whole(draw, model)}"
        case 2:
            return f"Coalesce({one}, Value(0))"
        case 3:
            return f"Coalesce({one}, {whole(draw, model)}, Value(-1)) + 1"
        case 4:
            return f"Abs({one} - 3)"
    return f"-{one}"


def whole(draw: Draw, model: Model) -> str:
    """Return an aggregate whose value is an integer.

    Its filter has no empty list: instead of the whole arithmetic Django would then write 0.
    """
    while True:
        text, kind = aggregate(draw, model)
        if kind == "integer" and not EMPTY_LIST.search(text):
            return text

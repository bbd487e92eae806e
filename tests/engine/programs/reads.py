"""Random statements that read, as text. Each puts its rows into one order, or into none."""

from django.db import models

from tests.engine.programs.aggregates import aggregate, with_arithmetic
from tests.engine.programs.conditions import exists, keys_of, test, tree
from tests.engine.programs.draw import Draw
from tests.engine.programs.paths import (
    Path,
    columns,
    draw_column,
    hops,
    note_joins,
    walk,
    walk_to_many,
)
from tests.engine.programs.tables import called

Model = type[models.Model]


def chosen(draw: Draw, model: Model) -> str:
    """Return some rows of a model."""
    text = f"t.{called(model)}"
    for _ in range(draw.by_weight({0: 3, 1: 5, 2: 2})):
        if draw.chance(0.3):
            draw.note("exclude")
            text += f".exclude({tree(draw, model, 2, True)})"
        else:
            text += f".filter({tree(draw, model)})"
    if draw.chance(0.1):
        draw.note("made from an evaluated queryset")
        related = _related(draw, model) if draw.chance(0.5) else ""
        return f"evaluated({text}{related}{ordered(draw, model)})"
    return text


def ordered(draw: Draw, model: Model, *names: str) -> str:
    """Return an order that leaves no tie between rows of these columns."""
    keys = list(names)
    for _ in range(draw.by_weight({0: 4, 1: 4, 2: 1})):
        name, _ = draw_column(draw, model, many=False)
        draw.note("order over a relation" if "__" in name else "order")
        keys.insert(0, name)
    if "pk" not in keys:
        keys.append("pk")
    parts = [_direction(draw, name) for name in dict.fromkeys(keys)]
    return f".order_by({', '.join(parts)})"


def _direction(draw: Draw, name: str) -> str:
    if draw.chance(0.1):
        way, nulls = draw.one(["asc", "desc"]), draw.one(["nulls_first", "nulls_last"])
        return f"F({name!r}).{way}({nulls}=True)"
    return repr(f"-{name}" if draw.chance(0.3) else name)


def cut(draw: Draw) -> str:
    """Return a slice, or nothing."""
    if draw.chance(0.7):
        return ""
    draw.note("slice")
    low = draw.up_to(3)
    return f"[{low or ''}:{low + 1 + draw.up_to(4)}]"


def rows(draw: Draw, model: Model) -> str:
    """Return whole objects, maybe with those that they refer to."""
    text = chosen(draw, model)
    if draw.chance(0.3):
        text += _related(draw, model)
    elif draw.chance(0.15):
        names = draw.some(columns(model), 2) if columns(model) else []
        text += f".{draw.one(['only', 'defer'])}({', '.join(map(repr, names))})"
    if draw.chance(0.1):
        draw.note("distinct")
        return f"{text}.distinct()" + ordered(draw, model) + cut(draw)
    return text + (ordered(draw, model) + cut(draw) if draw.chance(0.7) else "")


def _related(draw: Draw, model: Model) -> str:
    draw.note("select_related")
    names = []
    for _ in range(1 + draw.up_to(1)):
        path = walk(draw, model, many=False)
        if path.hops:
            note_joins(draw, path)
            names.append("__".join(hop.name for hop in path.hops))
    return f".select_related({', '.join(map(repr, names))})" if names else ""


def prefetched(draw: Draw, model: Model) -> str:
    """Return objects with the rows that they relate to."""
    draw.note("prefetch")
    text = chosen(draw, model)
    for _ in range(1 + draw.up_to(1)):
        text += f".prefetch_related({_prefetch(draw, model)})"
    return text + (ordered(draw, model) + cut(draw) if draw.chance(0.5) else "")


def _prefetch(draw: Draw, model: Model) -> str:
    # Django's own relation between parent and child has no prefetch of the parent's rows.
    path = walk_to_many(draw, model) if draw.chance(0.7) else Path((), model)
    taken = list(path.hops) or [draw.one(hops(model))]
    name = "__".join(hop.attribute for hop in taken)
    if draw.chance(0.4):
        draw.note("prefetch of a queryset")
        last = taken[-1].model
        inner = chosen(draw, last) + (ordered(draw, last) if draw.chance(0.5) else "")
        if draw.chance(0.3):
            inner += _related(draw, last)
        return f"Prefetch({name!r}, {inner})"
    return repr(name)


def values(draw: Draw, model: Model) -> str:
    """Return rows of some columns."""
    names = [draw_column(draw, model)[0] for _ in range(1 + draw.up_to(2))]
    names = list(dict.fromkeys(names))
    method = draw.one(["values", "values_list"])
    text = f"{chosen(draw, model)}.{method}({', '.join(map(repr, names))})"
    if draw.chance(0.35):
        draw.note("distinct")
        text += ".distinct()"
        if draw.chance(0.4):
            return text
        # A column beside those selected would be one of the row.
        parts = [_direction(draw, name) for name in names]
        return f"{text}.order_by({', '.join(parts)})" + cut(draw)
    if draw.chance(0.3):
        return text
    return text + ordered(draw, model, *names) + cut(draw)


def annotated(draw: Draw, model: Model) -> str:
    """Return objects with an aggregate of what they relate to."""
    draw.note("annotate")
    texts = {}
    kinds = {}
    for name in ["n", "m"][: 1 + draw.up_to(1)]:
        texts[name], kinds[name] = aggregate(draw, model)
    text = chosen(draw, model)
    text += f".annotate({', '.join(f'{name}={value}' for name, value in texts.items())})"
    if draw.chance(0.4):
        draw.note("having")
        text += _having(draw, kinds)
    if draw.chance(0.3):
        text += f".values('pk', {draw_column(draw, model, many=False)[0]!r}, 'n')"
    if draw.chance(0.2):
        return text + ".order_by('-n', 'pk')" + cut(draw)
    return text + (ordered(draw, model) + cut(draw) if draw.chance(0.6) else "")


def _having(draw: Draw, kinds: dict[str, str]) -> str:
    name = draw.one(list(kinds))
    return f".{draw.one(['filter', 'filter', 'exclude'])}({name}{test(draw, kinds[name])})"


def computed(draw: Draw, model: Model) -> str:
    """Return objects with an expression of their columns."""
    draw.note("expression")
    match draw.up_to(4):
        case 0:
            one, kind = draw_column(draw, model, ("integer", "float"))
            value = f"F({one!r}) {draw.one('+-*')} {draw.one([1, 2, -3])}"
        case 1:
            one, kind = draw_column(draw, model)
            other, _ = draw_column(draw, model, (kind,))
            value = f"Coalesce({one!r}, {other!r})"
        case 2:
            value = f"Case(When({tree(draw, model, 2)}, then=Value(1)), default=Value(0))"
            kind = "integer"
        case 3 if many := [hop for hop in hops(model) if hop.many]:
            value, kind = exists(draw, draw.one(many), model)[2:-1], "boolean"
        case _:
            name, kind = draw_column(draw, model, ("text",))
            value, kind = f"Length({name!r})", "integer"
    text = f"{chosen(draw, model)}.annotate(x={value})"
    if draw.chance(0.5):
        text += f".filter(x{test(draw, kind)})"
    return text + (ordered(draw, model, "x") + cut(draw) if draw.chance(0.6) else "")


def grouped(draw: Draw, model: Model) -> str:
    """Return an aggregate of each group of rows."""
    draw.note("group")
    names = list(dict.fromkeys(draw_column(draw, model)[0] for _ in range(1 + draw.up_to(1))))
    value, kind = aggregate(draw, model)
    text = f"{chosen(draw, model)}.values({', '.join(map(repr, names))}).annotate(n={value})"
    if draw.chance(0.4):
        draw.note("having")
        text += _having(draw, {"n": kind})
    return f"{text}.order_by({', '.join(map(repr, names))})" + cut(draw)


def arithmetic_over_groups(draw: Draw, model: Model) -> str:
    """Return arithmetic with aggregates of groups, of distinct rows or of a slice."""
    draw.note("arithmetic over groups")
    name, _ = draw_column(draw, model)
    base = chosen(draw, model)
    group = f"{base}.values({name!r})"
    match draw.up_to(5):
        case 0:
            text = f"{group}.annotate(n={with_arithmetic(draw, model)})"
            return f"{text}.order_by({name!r})" + cut(draw)
        case 1:
            text = f"{base}.annotate(n={with_arithmetic(draw, model)})"
            return text + (ordered(draw, model, "n") + cut(draw) if draw.chance(0.7) else "")
        case 2:
            value, _ = aggregate(draw, model)
            return f"{group}.annotate(n={value}).aggregate(m={_over(draw, 'n', 'pk')})"
        case 3:
            number, _ = draw_column(draw, model, ("integer",))
            return f"{base}.values({number!r}).distinct().aggregate(m={_over(draw, number)})"
        case 4:
            number, _ = draw_column(draw, model, ("integer",), many=False)
            rows = base + ordered(draw, model) + f"[:{1 + draw.up_to(4)}]"
            return f"{rows}.aggregate(m={_over(draw, number)})"
    value = draw.one(["Count('pk')", f"Sum({draw_column(draw, model, ('integer',))[0]!r})"])
    return f"{group}.annotate(n={value}).aggregate(m={_over(draw, 'n')})"


def _over(draw: Draw, name: str, *others: str) -> str:
    kind = draw.one(["Sum", "Max", "Min", "Count"])
    if others:
        return f"Count({name!r}) + 1"
    match draw.up_to(3):
        case 0 if kind != "Count":
            return f"{kind}({name!r}, default={draw.one([0, 7])})"
        case 1:
            return f"Coalesce({kind}({name!r}), Value(0))"
        case 2:
            return f"Max({name!r}) - {kind}({name!r})"
    return f"{kind}({name!r}) + 1"


def counted(draw: Draw, model: Model) -> str:
    """Return one value that says something of some rows."""
    text = chosen(draw, model)
    match draw.up_to(8):
        case 0 | 1:
            return f"{text}.count()"
        case 2:
            return f"{text}.exists()"
        case 3:
            draw.note("aggregate")
            return f"{text}.aggregate(m={aggregate(draw, model)[0]})"
        case 4:
            draw.note("distinct")
            return f"{text}.values({draw_column(draw, model)[0]!r}).distinct().count()"
        case 5:
            return f"{text}{ordered(draw, model)}.{draw.one(['first', 'last'])}()"
        case 6:
            return f"sorted({text}.in_bulk({keys_of(model)!r}).items())"
        case 7:
            return f"{text}.get(pk={draw.one(keys_of(model))!r})"
    return f"list({text}{ordered(draw, model)}.iterator(chunk_size=3))"


def refused(draw: Draw, model: Model) -> str:
    """Return what the engine does not translate, and must refuse among all else."""
    draw.note("never translated")
    base = chosen(draw, model)
    match draw.up_to(3):
        case 0:
            return f"{base}.order_by().union({chosen(draw, model)}.order_by())"
        case 1:
            name, _ = draw_column(draw, model, ("text",))
            return f"{base}.annotate(x=Lower({name!r})).order_by('pk')"
        case 2:
            return f"{base}.aggregate(m=StdDev({draw_column(draw, model, ('integer',))[0]!r}))"
    inner = f"t.{called(model)}.order_by('pk').values({draw.one(columns(model) or ['pk'])!r})[:1]"
    return f"{base}.annotate(x=Subquery({inner})).order_by('pk')"

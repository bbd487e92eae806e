"""Paths over relations, as queries write them: `books__reviews__stars`."""

from dataclasses import dataclass
from functools import cache
from itertools import count

from django.db import models

from tests.engine.programs.draw import Draw
from tests.engine.programs.rows import kind_of


@dataclass(frozen=True)
class Hop:
    """One step from a model over a relation."""

    name: str
    attribute: str
    model: type[models.Model]
    nullable: bool
    many: bool
    rare: bool


@dataclass(frozen=True)
class Path:
    """A way from a model to another; none is the model itself."""

    hops: tuple[Hop, ...]
    model: type[models.Model]

    def to(self, column: str) -> str:
        return "__".join([*(hop.name for hop in self.hops), column])

    @property
    def many(self) -> bool:
        return any(hop.many for hop in self.hops)


@cache
def hops(model: type[models.Model]) -> tuple[Hop, ...]:
    """The relations of a model, in both directions."""
    found = []
    for field in model._meta.get_fields(include_hidden=False):
        if not field.is_relation:
            continue
        forward = not field.auto_created or field.concrete
        key = field if forward else field.field
        found.append(
            Hop(
                name=field.name,
                attribute=field.name if forward else field.get_accessor_name(),
                model=field.related_model,
                nullable=bool(not key.many_to_many and key.null),
                many=bool(field.one_to_many or field.many_to_many),
                rare=key.name == "source" or getattr(key.remote_field, "parent_link", False),
            )
        )
    return tuple(found)


@cache
def columns(model: type[models.Model], kind: str | None = None) -> tuple[str, ...]:
    """The names of a model's columns that hold values, of one kind or of all."""
    return tuple(
        field.name
        for field in model._meta.concrete_fields
        if (held := kind_of(field)) and kind in (None, held)
    )


def kind_at(path: Path, column: str) -> str:
    """The kind of the values in a column."""
    return str(kind_of(path.model._meta.get_field(column)))


def walk(draw: Draw, model: type[models.Model], most: int = 3, many: bool = True) -> Path:
    """A path of up to that many relations; without one to many rows unless `many`."""
    taken: list[Hop] = []
    while len(taken) < most and draw.chance(0.55):
        ways = [hop for hop in hops(model) if many or not hop.many]
        if not ways:
            break
        hop = draw.by_weight({way: 0.3 if way.rare else 1 for way in ways})
        taken.append(hop)
        model = hop.model
    return Path(tuple(taken), model)


def walk_to_many(draw: Draw, model: type[models.Model]) -> Path:
    """A path that leads to many rows."""
    while not (path := walk(draw, model)).many:
        pass
    return path


def note_joins(draw: Draw, path: Path) -> None:
    """Note what a query joins that reads a column at the end of the path."""
    if any(hop.nullable for hop in path.hops):
        draw.note("join over a nullable key")
    if sum(hop.nullable for hop in path.hops) > 1:
        draw.note("two nullable keys in a row")
    if any(hop.many for hop in path.hops):
        draw.note("join to many")


def draw_column(
    draw: Draw, model: type[models.Model], kinds: tuple[str, ...] = (), many: bool = True
) -> tuple[str, str]:
    """A column at the end of some path, of one of the kinds; return its path and its kind.

    The path leads to one row unless `many`, or unless only one to many rows leads to such a column.
    """
    for attempt in count():
        path = walk(draw, model, many=many or attempt > 20)
        names = [n for n in columns(path.model) if not kinds or kind_at(path, n) in kinds]
        if names:
            name = draw.one(names)
            note_joins(draw, path)
            return path.to(name), kind_at(path, name)
        if not kinds:
            return path.to("pk"), "integer"

"""The indexes that a model declares, in MongoDB's terms."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import NotSupportedError, models

from djongo_engine.errors import refuse

# A unique index of MongoDB counts nulls as equal, a UNIQUE of SQL does not: leave them out.
_NOT_NULL = ["string", "int", "long", "double", "decimal", "bool", "date", "binData", "objectId"]

_KEPT_AS_GIVEN = ("partialFilterExpression", "expireAfterSeconds")

GetField = Callable[[str], Any]


@dataclass(frozen=True)
class IndexSpec:
    """What `create_index` needs: a name, keys with their order, and further options.

    Two that differ in the name alone are equal: MongoDB keeps one index of them.
    """

    name: str = field(compare=False)
    keys: list[tuple[str, int]]
    options: dict[str, Any] = field(default_factory=dict)

    def describes(self, index: Mapping[str, Any]) -> bool:
        """Tell whether `index`, of `index_information()`, is this one under whatever name."""
        collation = self.options.get("collation", {})
        return (
            list(index["key"]) == self.keys
            and index.get("unique", False) == self.options.get("unique", False)
            and all(index.get(name) == self.options.get(name) for name in _KEPT_AS_GIVEN)
            # The server adds the collation's defaults.
            and bool(index.get("collation")) == bool(collation)
            and all(index["collation"].get(key) == value for key, value in collation.items())
        )

    def renamed(self, old: str, new: str) -> "IndexSpec":
        """Return the same index after its column was renamed."""
        options = dict(self.options)
        if tests := options.get("partialFilterExpression"):
            renamed = {new if column == old else column: test for column, test in tests.items()}
            options["partialFilterExpression"] = renamed
        keys = [(new if column == old else column, order) for column, order in self.keys]
        return IndexSpec(self.name, keys, options)


def model_specs(model: type[models.Model], **fields: models.Field) -> Iterator[IndexSpec]:
    """Yield every index that the model declares and MongoDB can keep.

    `fields` are taken in place of the model's own fields of these names.
    """
    meta = model._meta

    def get_field(name: str) -> Any:
        return fields.get(name) or meta.get_field(name)

    for declared in meta.local_fields:
        yield from field_specs(get_field(declared.name))
    together = [partial(together_spec, names) for names in meta.unique_together]
    constraints = [partial(constraint_spec, each) for each in meta.constraints]
    indexes = [partial(index_spec, each) for each in meta.indexes]
    for spec in (*together, *constraints, *indexes):
        # Refused ones are not there. One with a field that is not there either awaits a
        # change: Django renames a field and leaves its name in the model's indexes.
        with suppress(NotSupportedError, FieldDoesNotExist):
            yield spec(get_field)


def field_specs(column: models.Field) -> Iterator[IndexSpec]:
    """Yield the index of one field: of the primary key, UNIQUE, or db_index."""
    if column.column in (None, "_id"):
        return
    if column.primary_key:
        yield IndexSpec("__primary_key__", [(column.column, 1)], {"unique": True})
    elif column.unique:
        yield unique_spec([column])
    elif column.db_index:
        yield plain_spec([column])


def plain_spec(columns: Sequence[models.Field]) -> IndexSpec:
    """Return the index without a name of `db_index` or `index_together`."""
    names = [column.column for column in columns]
    return IndexSpec("_".join([*names, "idx"]), [(name, 1) for name in names])


def unique_spec(columns: Sequence[models.Field], name: str | None = None) -> IndexSpec:
    """Return the unique index over these fields, with SQL's rule for NULL."""
    names = [column.column for column in columns]
    options: dict[str, Any] = {"unique": True}
    nullable = {column.column: {"$type": _NOT_NULL} for column in columns if column.null}
    if nullable:
        options["partialFilterExpression"] = nullable
    return IndexSpec(name or "_".join([*names, "uniq"]), [(name, 1) for name in names], options)


def together_spec(names: Iterable[str], get_field: GetField) -> IndexSpec:
    """Return the unique index of a `unique_together`."""
    return unique_spec([get_field(name) for name in names])


def constraint_spec(constraint: models.BaseConstraint, get_field: GetField) -> IndexSpec:
    """Return the index of a UNIQUE over fields. Raises NotSupportedError for all else."""
    if type(constraint) is not models.UniqueConstraint or (
        constraint.condition
        or constraint.deferrable
        or constraint.include
        or constraint.opclasses
        or constraint.expressions
        or constraint.nulls_distinct is False
    ):
        refuse(f"the constraint {constraint.name} ({type(constraint).__name__})")
    return unique_spec([get_field(name) for name in constraint.fields], constraint.name)


def index_spec(index: models.Index, get_field: GetField) -> IndexSpec:
    """Return the index over fields. Raises NotSupportedError for all else."""
    if type(index).suffix != models.Index.suffix or (
        index.condition
        or index.include
        or index.opclasses
        or index.expressions
        or index.db_tablespace
    ):
        refuse(f"the index {index.name}: an expression, a condition, INCLUDE or a special kind")
    keys = [(get_field(name).column, -1 if order else 1) for name, order in index.fields_orders]
    collation = getattr(index, "collation", None)
    return IndexSpec(index.name, keys, {"collation": collation} if collation else {})

"""What a schema operation may ask for, checked before its first write."""

from typing import Any

from django.db import DataError, models
from pymongo.collection import Collection

from djongo_engine.errors import refuse, translate_errors
from djongo_engine.schema.index_specs import constraint_spec, index_spec

# One type to MongoDB: text of any length.
_TEXTS = {"CharField", "FileField", "FilePathField", "SlugField", "TextField"}


def check_model(model: type[models.Model], connection: Any) -> None:
    """Raise NotSupportedError for what a model declares and a collection cannot keep."""
    meta = model._meta
    check_table(meta.db_table)
    if isinstance(meta.pk, models.CompositePrimaryKey):
        refuse("a composite primary key")
    if meta.db_tablespace:
        refuse("a tablespace")
    if meta.db_table_comment:
        refuse("a comment on a table")
    for field in meta.local_fields:
        check_field(field, connection)
    for constraint in meta.constraints:
        constraint_spec(constraint, meta.get_field)
    for index in meta.indexes:
        index_spec(index, meta.get_field)


def check_table(table: str) -> None:
    """Raise NotSupportedError for the names that the server, or djongo, keeps for itself."""
    if table.startswith(("system.", "__")) or "$" in table:
        refuse(f"the table name {table!r}")


def check_field(field: models.Field, connection: Any) -> None:
    """Raise NotSupportedError for what a field declares and a document cannot keep."""
    if isinstance(field, models.CompositePrimaryKey):
        refuse("a composite primary key")
    if field.generated:
        refuse(f"the generated field {field.name}")
    if getattr(field, "db_collation", None):
        refuse("db_collation: use djongo_engine.schema.indexes.CollationIndex")
    if field.db_comment:
        refuse("a comment on a column")
    if field.has_db_default():
        refuse(f"db_default of the field {field.name}: use default")
    if field.db_tablespace:
        refuse("a tablespace")
    if field.column is None:
        return
    if field.db_type(connection) is None:
        refuse(f"the field {field.name} ({type(field).__name__})")
    if field.column.startswith("$") or "." in field.column:
        # A path into a document, or an operator.
        refuse(f"the column name {field.column!r}")


def check_alteration(
    old: models.Field, new: models.Field, connection: Any, collection: Collection[dict[str, Any]]
) -> None:
    """Raise NotSupportedError where stored values would not be values of the new field.

    Raises DataError where the collection holds integers that the new field's type does not.
    """
    check_field(new, connection)
    if old.primary_key != new.primary_key:
        refuse(f"a change of the primary key to {new.name}")
    if old.column != new.column and "_id" in (old.column, new.column):
        refuse("another name for the column _id, which MongoDB never changes")
    auto = {isinstance(field, models.AutoField) for field in (old, new)}
    kinds = [_target(field).get_internal_type() for field in (old, new)]
    integers = connection.ops.integer_field_ranges
    if len(auto) > 1 or not (_alike(_target(old), _target(new)) or integers.keys() >= set(kinds)):
        refuse(f"a change of {new.name} from {type(old).__name__} to {type(new).__name__}")
    if kinds[0] != kinds[1] and kinds[1] in integers:
        low, high = integers[kinds[1]]
        beyond = {"$or": [{old.column: {"$lt": low}}, {old.column: {"$gt": high}}]}
        with translate_errors():
            if collection.find_one(beyond, {"_id": True}):
                raise DataError(f"{old.name} holds integers that {kinds[1]} does not.")


def _alike(old: models.Field, new: models.Field) -> bool:
    """Tell whether every value of the old field is, as it is stored, one of the new field."""
    if isinstance(old, models.DecimalField) and isinstance(new, models.DecimalField):
        whole = [field.max_digits - field.decimal_places for field in (old, new)]
        return old.decimal_places <= new.decimal_places and whole[0] <= whole[1]
    kinds = (old.get_internal_type(), new.get_internal_type())
    return kinds[0] == kinds[1] or _TEXTS.issuperset(kinds)


def _target(field: models.Field) -> Any:
    """Return the field whose values a foreign key holds."""
    target: Any = field
    while target.remote_field:
        target = target.target_field
    return target

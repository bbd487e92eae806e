"""What djongo's own fields lack, put into their classes when the engine is loaded.

djongo converts the text of an ObjectId in a form alone, so a query by it finds nothing; and bson
reports what is no ObjectId by an error that neither Django nor its admin expects. djongo's
JSONField takes no NULL and no form. Models use `djongo.models`, so subclasses here would reach
nobody.
"""

import json
import re
from typing import Any

from bson import ObjectId
from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from djongo.models.fields import GenericObjectIdField, JSONField, ObjectIdFieldMixin

_HEX = re.compile(r"[0-9a-fA-F]{24}")


def to_object_id(value: Any) -> ObjectId | None:
    """Return an ObjectId, or the one that 24 hexadecimal digits stand for; None for None.

    Raises ValidationError for anything else, also for 12 bytes, which bson would take.
    """
    if value is None or isinstance(value, ObjectId):
        return value
    if isinstance(value, str) and _HEX.fullmatch(value):
        return ObjectId(value)
    raise ValidationError(
        _("“%(value)s” is not an ObjectId: 24 hexadecimal digits."),
        code="invalid",
        params={"value": value},
    )


class ObjectIdFormField(forms.CharField):
    """A form's field for a `GenericObjectIdField`; nothing entered is None."""

    def to_python(self, value: Any) -> Any:
        """Return the ObjectId. Raises ValidationError."""
        return None if value in self.empty_values else to_object_id(value)


def _to_python(field: models.Field, value: Any) -> ObjectId | None:
    return to_object_id(value)


def _get_prep_value(field: models.Field, value: Any) -> ObjectId | None:
    """Return what a lookup or a save takes. Raises ValueError, as Django's AutoField does."""
    try:
        return to_object_id(models.Field.get_prep_value(field, value))
    except ValidationError as why:
        raise ValueError(f"Field {field.name!r} expected an ObjectId but got {value!r}.") from why


def _formfield(field: models.Field, **options: Any) -> forms.Field | None:
    return models.Field.formfield(field, **{"form_class": ObjectIdFormField, **options})


def _json_to_python(field: models.Field, value: Any) -> Any:
    """Return a document or a list, from JSON text too. Raises ValidationError."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError as why:
            raise ValidationError(_("This is no JSON."), code="invalid") from why
    if value is None or isinstance(value, (dict, list)):
        return value
    raise ValidationError(_("This is neither a JSON object nor an array."), code="invalid")


def _json_get_prep_value(field: models.Field, value: Any) -> Any:
    if value is None or isinstance(value, (dict, list)):
        return value
    raise ValueError(f"Field {field.name!r} expected a dict or a list but got {value!r}.")


def _json_formfield(field: models.Field, **options: Any) -> forms.Field | None:
    return models.Field.formfield(field, **{"form_class": forms.JSONField, **options})


def _json_value_to_string(field: models.Field, obj: models.Model) -> Any:
    """Return what a serializer writes: the value itself, as Django's own JSONField does."""
    return field.value_from_object(obj)


def _json_db_type(field: models.Field, connection: Any) -> str:
    return "object"


def mend_fields() -> None:
    """Give djongo's classes these methods in place of their own."""
    ObjectIdFieldMixin.to_python = _to_python
    ObjectIdFieldMixin.get_prep_value = _get_prep_value
    GenericObjectIdField.formfield = _formfield
    JSONField.to_python = _json_to_python
    JSONField.get_prep_value = _json_get_prep_value
    JSONField.formfield = _json_formfield
    JSONField.value_to_string = _json_value_to_string
    JSONField.db_type = _json_db_type


def is_object_id(field: models.Field | None) -> bool:
    """Tell whether a field holds ObjectIds.

    `isinstance(field, ObjectIdField)` is true of Django's BigAutoField, by its metaclass.
    """
    return isinstance(field, GenericObjectIdField)

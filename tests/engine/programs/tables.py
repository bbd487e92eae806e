"""The tables of one database, and every name that a program may use."""

import datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import functions

MODELS = list(apps.get_app_config("programs").get_models(include_auto_created=True))
TOLD = [model for model in MODELS if not model._meta.auto_created]
"""The models that a program names; the others are tables of many-to-many relations."""


def called(model: type[models.Model]) -> str:
    """The name of a model's rows in a program: `books`."""
    return str(model._meta.verbose_name_plural)


def tables(alias: str) -> Any:
    """The rows of every model in one database."""
    return SimpleNamespace(**{called(model): model.objects.using(alias) for model in TOLD})


def evaluated(rows: Any) -> Any:
    """The same rows, in no order, by a queryset made from one that was read already."""
    list(rows)
    return rows.order_by().select_related(None)


def changed(rows: Any, **values: Any) -> list[models.Model]:
    """The objects with other values, not yet saved."""
    objects = list(rows)
    for instance in objects:
        for name, value in values.items():
            setattr(instance, name, value)
    return objects


def saved(rows: Any, **values: Any) -> int:
    """Save each object with other values; return how many there were."""
    objects = changed(rows, **values)
    for instance in objects:
        instance.save()
    return len(objects)


IMPORTS: dict[str, list[str]] = {
    "django.db.models": [
        *["Avg", "Case", "Count", "Exists", "F", "Max", "Min", "OuterRef", "Prefetch", "Q"],
        *["StdDev", "Subquery", "Sum", "Value", "When"],
    ],
    "django.db.models.functions": ["Abs", "Coalesce", "Concat", "Length", "Lower"],
    "tests.engine.programs.tables": ["changed", "evaluated", "saved"],
    "tests.engine.programs.models": [model.__name__ for model in TOLD],
}
NAMES: dict[str, Any] = {
    "datetime": datetime,
    "Decimal": Decimal,
    **{name: getattr(models, name) for name in IMPORTS["django.db.models"]},
    **{name: getattr(functions, name) for name in IMPORTS["django.db.models.functions"]},
    **{model.__name__: model for model in TOLD},
    "changed": changed,
    "evaluated": evaluated,
    "saved": saved,
}

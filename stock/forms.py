"""What a person typed into the form of an item."""

from typing import Any

from rest_framework import serializers

from items.arguments import SelectArguments
from items.documents import FIELDS, ItemData


class ItemForm(SelectArguments):
    """Every field of an item, each spelled as text."""

    class Meta(SelectArguments.Meta):
        """All are needed."""

        fields = FIELDS
        extra_kwargs: dict[str, dict[str, bool]] = {}


class CountForm(SelectArguments):
    """The count alone."""

    class Meta(SelectArguments.Meta):
        """It is needed."""

        fields = ("count",)
        extra_kwargs: dict[str, dict[str, bool]] = {}


ITEM_FORM = ItemForm()
COUNT_FORM = CountForm()


def read_form(form: SelectArguments, typed: Any) -> tuple[ItemData, dict[str, str]]:
    """Return the values of a QueryDict's fields, and what is wrong by the fields' names."""
    known = typed.copy()
    for name in typed:
        if name not in form.Meta.fields:
            del known[name]
    try:
        return form.run_validation(known), {}
    except serializers.ValidationError as error:
        detail: Any = error.detail
        return {}, {name: " ".join(map(str, faults)) for name, faults in detail.items()}

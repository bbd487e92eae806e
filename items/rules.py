"""The API's rules for an item, applied outside of a request."""

from typing import Any

from rest_framework.serializers import ValidationError
from rest_framework.settings import api_settings

from items.documents import as_item
from items.serializers import ItemRequestSerializer


def messages(error: ValidationError) -> str:
    """Return the faults of an error in one line, each with its field's name."""
    detail: Any = error.detail
    if not isinstance(detail, dict):
        return " ".join(map(str, detail))
    named = ((name, " ".join(map(str, faults))) for name, faults in detail.items())
    general = api_settings.NON_FIELD_ERRORS_KEY
    return "; ".join(text if name == general else f"{name}: {text}" for name, text in named)


class StoredItemRules:
    """Tells what is wrong with stored documents. Make it once, as that is slow."""

    def __init__(self) -> None:
        self._serializer = ItemRequestSerializer()

    def fault_of(self, document: dict[str, Any]) -> str:
        """Return what is wrong with a stored document, after its field's name; "" for nothing."""
        item = as_item(document)
        try:
            values = self._serializer.run_validation(item)
        except ValidationError as error:
            return messages(error)
        if values["id"] != item["id"]:
            return "id: Must be in lower case with dashes, or it is not found."
        return ""

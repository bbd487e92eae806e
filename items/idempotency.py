"""The `Idempotency-Key` header (draft-ietf-httpapi-idempotency-key-header)."""

import re

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from items.limits import MAX_KEY_CHARACTERS

KEY = re.compile(rf"[\x20-\x7e]{{1,{MAX_KEY_CHARACTERS}}}")


def idempotency_key(request: Request) -> str | None:
    """Return the key of a request, as it is written; None without one.

    Raises ValidationError for one that is empty, too long or not printable ASCII.
    """
    key = request.headers.get("Idempotency-Key")
    if key is not None and not KEY.fullmatch(key):
        message = f"Must be 1 to {MAX_KEY_CHARACTERS} characters of printable ASCII."
        raise ValidationError({"Idempotency-Key": [message]})
    return key


def refuse_idempotency_key(request: Request) -> None:
    """Raise ValidationError for a key: its sender relies on it, and it would not be kept here."""
    if "Idempotency-Key" in request.headers:
        raise ValidationError(
            {"Idempotency-Key": ["Not here: with an id made by the client, a repeat is a 409."]}
        )

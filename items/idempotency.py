"""The `Idempotency-Key` header (draft-ietf-httpapi-idempotency-key-header)."""

import re

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

KEY = re.compile(r"[\x20-\x7e]{1,255}")


def idempotency_key(request: Request) -> str | None:
    """Return the key of a request, as it is written; None without one.

    Raises ValidationError for one that is empty, too long or not printable ASCII.
    """
    key = request.headers.get("Idempotency-Key")
    if key is not None and not KEY.fullmatch(key):
        raise ValidationError(
            {"Idempotency-Key": ["Must be 1 to 255 characters of printable ASCII."]}
        )
    return key


def refuse_idempotency_key(request: Request) -> None:
    """Raise ValidationError for a key: whoever sends one counts on what is not promised here."""
    if "Idempotency-Key" in request.headers:
        raise ValidationError(
            {"Idempotency-Key": ["Not here: with an id made by the client, a repeat is a 409."]}
        )

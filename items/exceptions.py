"""What the items API refuses, each with its status and a sentence."""

from typing import Any

from rest_framework.exceptions import APIException, NotFound

from fastapi_mongo_site.http.exceptions import Unavailable
from items.limits import MAX_COUNT
from items.models import Item


class ItemNotFound(NotFound):
    """404: no item has this id."""

    def __init__(self, item_id: str) -> None:
        super().__init__(f"Item with id='{item_id}' not found in {Item.objects.namespace}")


class IdTaken(APIException):
    """409: another item has this id."""

    status_code = 409
    default_code = "conflict"

    def __init__(self, item_id: str) -> None:
        super().__init__(f"Item with id='{item_id}' already exists in {Item.objects.namespace}")


class StockConflict(APIException):
    """409: the count would leave its limits, or what is stored is no count.

    The answer's `count` is what is stored.
    """

    status_code = 409
    default_code = "conflict"

    def __init__(self, delta: int, count: Any) -> None:
        whole = isinstance(count, (int, float)) and not isinstance(count, bool) and count % 1 == 0
        if not (whole and 0 <= count <= MAX_COUNT):
            sentence = f"The stored count is not a whole number from 0 to {MAX_COUNT}."
        elif delta < 0:
            sentence = f"{-delta} could not be taken: {int(count)} in stock."
        else:
            sentence = f"{delta} could not be added: {int(count)} in stock, of {MAX_COUNT} at most."
        super().__init__(sentence)
        self.detail = {"detail": self.detail, "count": count}


class PreconditionFailed(APIException):
    """412: `If-Match` or `If-None-Match` does not hold (RFC 9110 section 13)."""

    status_code = 412
    default_code = "precondition_failed"
    default_detail = "The item is not, or no longer, the one that the condition asks for."


class KeyReused(APIException):
    """422: the key was given with another body before."""

    status_code = 422
    default_code = "key_reused"
    default_detail = "This Idempotency-Key was given with another body before."


class KeysFull(Unavailable):
    """503: the item keeps as many keys as it may; there is room in `wait` seconds."""

    default_code = "keys_full"
    default_detail = "This item keeps as many Idempotency-Keys as it may. Try again later."

    def __init__(self, wait: int) -> None:
        super().__init__()
        self.wait = wait

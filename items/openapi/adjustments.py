"""What OpenAPI says of adjustments of the stock."""

from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    extend_schema,
    inline_serializer,
)
from rest_framework import serializers

from items.idempotency import KEY
from items.limits import MAX_COUNT, MAX_KEY_CHARACTERS, MAX_KEYS_PER_ITEM
from items.openapi.common import (
    CHANGED,
    COMMON,
    CONDITIONS,
    ETAG,
    ID,
    ITEM,
    NOT_FOUND,
    NOT_JSON,
    answer,
    invalid,
    problem,
)
from items.serializers import AdjustmentSerializer, ItemSerializer

StockRefusal = inline_serializer(
    "StockRefusal",
    {
        "detail": serializers.CharField(),
        "count": serializers.IntegerField(allow_null=True, help_text="What is in stock."),
    },
)
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "pattern": f"^{KEY.pattern}$"},
    OpenApiParameter.HEADER,
    description=f"1 to {MAX_KEY_CHARACTERS} printable ASCII characters, a new one for each "
    "adjustment, such as a UUID. A repeated request with it has no second effect and gets the "
    "first answer, for 24 hours, an hour where an item gets more than "
    f"{MAX_KEYS_PER_ITEM:,} keys in a day, and as long as the item exists.",
    examples=[OpenApiExample("A UUID", "8f14e45f-ceea-4c7a-9e2b-0d5f6c1a7b3e")],
)
REPLAYED = OpenApiParameter(
    "Idempotency-Replayed",
    str,
    OpenApiParameter.HEADER,
    response=[200, 409],
    description="`true` when this is the answer to an earlier request with the same key.",
    examples=[OpenApiExample("Replayed", "true")],
)

describe_adjust = extend_schema(
    operation_id="items_adjust",
    summary="Add to the stock of an item, or take from it",
    description="The count changes in one step, never below 0 and never above "
    f"{MAX_COUNT}. "
    "The answer is the item as this adjustment left it. A 409 because of the "
    "stock is remembered as well; a 400 or 412 because of the request is not. An item "
    f"keeps {MAX_KEYS_PER_ITEM:,} keys at most; the next one replaces those that are older than an "
    "hour. While there are none the answer is 503.",
    request=AdjustmentSerializer,
    parameters=[ID, IDEMPOTENCY_KEY, *CONDITIONS, ETAG, REPLAYED],
    examples=[OpenApiExample("Three are taken", value={"delta": -3}, request_only=True)],
    responses={
        200: answer(ItemSerializer, "The item", {**ITEM, "count": 17}),
        400: invalid(delta="Must not be 0."),
        404: NOT_FOUND,
        409: answer(
            StockRefusal,
            "Not enough in stock, or no room for more",
            {"detail": "3 could not be taken: 2 in stock.", "count": 2},
        ),
        412: CHANGED,
        415: NOT_JSON,
        422: problem("This Idempotency-Key was given with another body before."),
        **COMMON,
    },
)
"""Decorates the action that adjusts the count."""

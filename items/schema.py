"""What OpenAPI says of the items API: arguments, bodies, answers, and an example of each."""

from typing import Any

from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
    inline_serializer,
)
from rest_framework import serializers

from items.serializers import (
    AdjustmentSerializer,
    BulkChangeSerializer,
    ChangeArguments,
    ItemSerializer,
    ListArguments,
    SelectArguments,
)

ITEM = {
    "id": "dbb86c27-2eed-410d-881e-ad47487dd228",
    "name": "Hammer",
    "category": "tools",
    "count": 20,
    "price": 9.99,
}
BODY = {name: value for name, value in ITEM.items() if name != "id"}
QUERY = {"name": "hammer", "count": None, "price": None, "category": "tools"}


class Detail(serializers.Serializer[Any]):
    """What went wrong, in a sentence."""

    detail = serializers.CharField()


Invalid = inline_serializer(
    "Invalid",
    {
        "detail": serializers.CharField(),
        "errors": serializers.DictField(
            child=serializers.ListField(child=serializers.CharField()),
            required=False,
            help_text="The messages for each field or argument at fault.",
        ),
    },
)


class Selection(serializers.Serializer[Any]):
    """What was asked for, and every item that equals it."""

    query = inline_serializer(
        "Query",
        {
            "name": serializers.CharField(allow_null=True),
            "count": serializers.IntegerField(allow_null=True),
            "price": serializers.FloatField(allow_null=True),
            "category": serializers.CharField(allow_null=True),
        },
    )
    selection = ItemSerializer(many=True)


def answer(serializer: Any, description: str, example: Any) -> OpenApiResponse:
    """Return an answer with its example."""
    examples = [OpenApiExample(description, value=example, response_only=True)]
    return OpenApiResponse(serializer, description=description, examples=examples)


def problem(sentence: str) -> OpenApiResponse:
    """Return an error with a sentence alone."""
    return answer(Detail, sentence, {"detail": sentence})


def invalid(**errors: str) -> OpenApiResponse:
    """Return the answer to a request that does not validate."""
    messages = {name: [message] for name, message in errors.items()}
    return answer(
        Invalid, "Not valid", {"detail": f"Not valid: {', '.join(errors)}.", "errors": messages}
    )


NAMESPACE = "api_db.items"
ITEM_ANSWER = answer(ItemSerializer, "The item", ITEM)
BAD_PRICE = "Must be greater than 0 and less than 1000000000."
NO_ITEM = f"Item with id='{ITEM['id']}' not found in {NAMESPACE}"
TAKEN = f"Item with id='{ITEM['id']}' already exists in {NAMESPACE}"
NOT_FOUND = problem(NO_ITEM)
NOT_JSON = problem('Unsupported media type "text/plain" in request.')
COMMON: dict[int, OpenApiResponse] = {
    401: answer(
        Detail,
        "Credentials are missing, or the user name or the password is wrong",
        {"detail": "Incorrect username or password"},
    ),
    503: problem("The database does not answer. Try again later."),
}
LINK = OpenApiParameter(
    "Link",
    str,
    OpenApiParameter.HEADER,
    response=[200],
    description='The next page as `<URL>; rel="next"` (RFC 8288); not there on the last one.',
)
ID = OpenApiParameter(
    "id", str, OpenApiParameter.PATH, description="A UUID in any of its spellings."
)
ITEM_BODY = [OpenApiExample("An item", value=BODY, request_only=True)]

# Conditions

TAG = '"5bd8a5cd4fa3f0a5a0c9d8aa3a2bd1c0"'
ETAG = OpenApiParameter(
    "ETag",
    str,
    OpenApiParameter.HEADER,
    response=[200, 201, 304],
    description="A hash of the stored item in double quotes; another whenever that changes. "
    "Comes with JSON alone.",
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="Do it only while the item has one of these ETags; `*` for any item.",
    examples=[OpenApiExample("As it was read", TAG)],
)
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    str,
    OpenApiParameter.HEADER,
    description="Do it only while the item has none of these ETags; a read answers 304.",
    examples=[OpenApiExample("As it was read", TAG)],
)
CONDITIONS = [IF_MATCH, IF_NONE_MATCH]
CHANGED = problem("The item is not, or no longer, the one that the condition asks for.")
BAD_CONDITION = invalid(**{"If-Match": 'Must be "*" or a list of ETags in double quotes.'})

describe_items = extend_schema_view(
    list=extend_schema(
        summary="List items",
        description="One page of items in the order of their ids.",
        parameters=[ListArguments, LINK],
        responses={
            200: answer(ItemSerializer(many=True), "One page", ITEM),
            400: invalid(limit="Ensure this value is less than or equal to 1000."),
            **COMMON,
        },
    ),
    create=extend_schema(
        summary="Create an item",
        description="The id may be left out; the service then makes a version 4 UUID.",
        parameters=[ETAG],
        examples=ITEM_BODY,
        responses={
            201: ITEM_ANSWER,
            400: invalid(price=BAD_PRICE),
            409: problem(TAKEN),
            415: NOT_JSON,
            **COMMON,
        },
    ),
    retrieve=extend_schema(
        summary="Read an item",
        parameters=[ID, *CONDITIONS, ETAG],
        responses={
            200: ITEM_ANSWER,
            304: OpenApiResponse(description="The client has the item as it is"),
            400: BAD_CONDITION,
            404: NOT_FOUND,
            412: CHANGED,
            **COMMON,
        },
    ),
    update=extend_schema(
        summary="Replace or change an item",
        description="With a JSON body the whole item is replaced; with arguments in the URL "
        "only the fields that they name change. One or the other, not both.",
        parameters=[ID, ChangeArguments, *CONDITIONS, ETAG],
        examples=ITEM_BODY,
        responses={
            200: ITEM_ANSWER,
            400: problem("No query values provided in update URL"),
            404: NOT_FOUND,
            412: CHANGED,
            415: NOT_JSON,
            **COMMON,
        },
    ),
    partial_update=extend_schema(
        summary="Change part of an item",
        parameters=[ID, *CONDITIONS, ETAG],
        examples=[OpenApiExample("A new count", value={"count": 19}, request_only=True)],
        responses={
            200: ITEM_ANSWER,
            400: invalid(count="A valid integer is required."),
            404: NOT_FOUND,
            412: CHANGED,
            415: NOT_JSON,
            **COMMON,
        },
    ),
    destroy=extend_schema(
        summary="Delete an item",
        parameters=[ID, *CONDITIONS],
        responses={
            204: OpenApiResponse(description="Deleted"),
            400: BAD_CONDITION,
            404: NOT_FOUND,
            412: CHANGED,
            **COMMON,
        },
    ),
)
"""Decorates the viewset with the documentation of its actions."""

describe_query = extend_schema(
    operation_id="items_query",
    summary="Find items",
    description="Every item whose fields equal all arguments; names without regard to case. "
    "At most 10,000 items: for more, page through the list.",
    parameters=[SelectArguments],
    responses={
        200: answer(Selection, "The selection", {"query": QUERY, "selection": [ITEM]}),
        400: problem("No query values provided in query URL"),
        **COMMON,
    },
)
"""Decorates the action that is none of DRF's own."""

# Stock

StockRefusal = inline_serializer(
    "StockRefusal",
    {
        "detail": serializers.CharField(),
        "count": serializers.IntegerField(allow_null=True, help_text="What is in stock."),
    },
)
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="1 to 255 printable ASCII characters, a new one for each adjustment, such as a "
    "UUID. A repeated request with it has no second effect and gets the first answer, for 24 hours "
    "and as long as the item exists.",
    examples=[OpenApiExample("A UUID", "8f14e45f-ceea-4c7a-9e2b-0d5f6c1a7b3e")],
)
RETRY_AFTER = OpenApiParameter(
    "Retry-After",
    int,
    OpenApiParameter.HEADER,
    response=[503],
    description="Seconds.",
)
REPLAYED = OpenApiParameter(
    "Idempotency-Replayed",
    str,
    OpenApiParameter.HEADER,
    response=[200, 409],
    description="`true` when this is the answer to an earlier request with the same key.",
)

describe_adjust = extend_schema(
    operation_id="items_adjust",
    summary="Add to the stock of an item, or take from it",
    description="The count changes in one step, never below 0 and never above 2147483647. "
    "Without an `Idempotency-Key` the answer is the item just after it, adjustments of others "
    "included; with one it is the item as this adjustment left it. A refusal for the sake of the "
    "stock (409) is remembered as well, one for the sake of the request (400, 412) is not. An item "
    "keeps 1,000 keys at most; for the next one the answer is 503 until the oldest expires.",
    request=AdjustmentSerializer,
    parameters=[ID, IDEMPOTENCY_KEY, *CONDITIONS, ETAG, REPLAYED, RETRY_AFTER],
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

# Many items

BulkResult = inline_serializer(
    "BulkResult",
    {
        "status": serializers.IntegerField(help_text="As the status of a single request."),
        "item": ItemSerializer(required=False),
        "detail": serializers.CharField(required=False),
        "errors": serializers.DictField(
            child=serializers.ListField(child=serializers.CharField()), required=False
        ),
    },
    many=True,
)
NO_ROWS = problem("The body must be an array of 1 to 1000 rows.")


def results(**rows: dict[str, Any]) -> OpenApiResponse:
    """Return the answer of a bulk operation with an example of each row."""
    examples = [
        OpenApiExample(f"A row {name.replace('_', ' ')}", value=row, response_only=True)
        for name, row in rows.items()
    ]
    return OpenApiResponse(BulkResult, description="A result a row, in order", examples=examples)


def bulk(
    operation_id: str, summary: str, description: str, request: Any, body: Any, **rows: Any
) -> Any:
    """Return the decorator that documents a bulk operation."""
    return extend_schema(
        operation_id=operation_id,
        summary=summary,
        description=f"{description} 1 to 1,000 rows; each stands alone and has a result.",
        request=request,
        examples=[OpenApiExample("One row", value=body, request_only=True)],
        responses={200: results(**rows), 400: NO_ROWS, 415: NOT_JSON, **COMMON},
    )


NOT_VALID = {"detail": "Not valid: price.", "errors": {"price": [BAD_PRICE]}}

describe_bulk = extend_schema_view(
    create=bulk(
        "items_bulk_create",
        "Create many items",
        "Of rows with one id the first is stored, the others are 409. After a 503 some rows may "
        "be stored: sent again, those whose id the client made are 409.",
        ItemSerializer(many=True),
        BODY,
        stored={"status": 201, "item": ITEM},
        not_valid={"status": 400, **NOT_VALID},
        whose_id_is_taken={"status": 409, "detail": TAKEN},
    ),
    partial_update=bulk(
        "items_bulk_change",
        "Change many items",
        "Each row is an id and the fields to change; an id that comes again is 400. The items are "
        "as they were read just before, with the changes.",
        BulkChangeSerializer(many=True),
        {"id": ITEM["id"], "count": 20},
        changed={"status": 200, "item": ITEM},
        not_valid={"status": 400, **NOT_VALID},
        without_an_item={"status": 404, "detail": NO_ITEM},
    ),
    destroy=bulk(
        "items_bulk_delete",
        "Delete many items",
        "The body is an array of ids.",
        {"application/json": {"type": "array", "items": {"type": "string", "format": "uuid"}}},
        [ITEM["id"]],
        deleted={"status": 204},
        without_an_item={"status": 404, "detail": NO_ITEM},
    ),
)
"""Decorates the bulk viewset."""

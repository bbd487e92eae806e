"""What OpenAPI says of the items API: arguments, bodies, answers, and an example of each."""

import json
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

from items.serializers import ChangeArguments, ItemSerializer, ListArguments, SelectArguments

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
    examples=[
        OpenApiExample("Next", '<http://127.0.0.1:8000/v1/items?cursor=Rw.3x>; rel="next"'),
    ],
)
TOTAL = OpenApiParameter(
    "X-Total-Count",
    int,
    OpenApiParameter.HEADER,
    response=[200],
    description="How many items there are in all, with `total=true`.",
    examples=[OpenApiExample("Total", 1234)],
)
ID = OpenApiParameter(
    "id",
    str,
    OpenApiParameter.PATH,
    description="A UUID in any of its spellings.",
    examples=[OpenApiExample("A hammer", ITEM["id"])],
)
ITEM_BODY = [OpenApiExample("An item", value=BODY, request_only=True)]
ARGUMENTS = {
    "name": "hammer",
    "search": "ham",
    "category": "tools",
    "count": 20,
    "count__gte": 1,
    "count__lte": 50,
    "price": 9.99,
    "price__gte": 5,
    "price__lte": 9.99,
    "ordering": "-price",
    "limit": 50,
    "cursor": "Rw.3x",
    "total": True,
    "format": "csv",
}


def argument_examples(*names: str) -> list[OpenApiExample]:
    """Return an example of each argument of a URL."""
    return [
        OpenApiExample(f"{name} {ARGUMENTS[name]}", ARGUMENTS[name], parameter_only=(name, "query"))
        for name in names
    ]


# Conditions

TAG = '"5bd8a5cd4fa3f0a5a0c9d8aa3a2bd1c0"'
ETAG = OpenApiParameter(
    "ETag",
    str,
    OpenApiParameter.HEADER,
    response=[200, 201, 304],
    description="A hash of the stored item in double quotes; another whenever that changes. "
    "Comes with JSON alone.",
    examples=[OpenApiExample("Of the item", TAG)],
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
        summary="List, find and export items",
        description="One page of the items that meet every argument, in the order asked for. "
        "Follow `Link` through the pages: an item that is there throughout, and whose value in "
        "the ordering's field stays, comes exactly once whatever else is written meanwhile.\n\n"
        "As `text/csv` or `application/x-ndjson` all of them come in one answer. In CSV a text "
        "that a spreadsheet would run, or that starts with an apostrophe, has an apostrophe "
        "before it.",
        parameters=[ListArguments, LINK, TOTAL],
        examples=argument_examples(*ARGUMENTS),
        responses={
            (200, "application/json"): answer(ItemSerializer(many=True), "One page", ITEM),
            (200, "text/csv"): answer(
                str,
                "All items",
                "id,name,category,count,price\r\n" + ",".join(map(str, ITEM.values())),
            ),
            (200, "application/x-ndjson"): answer(str, "All items", json.dumps(ITEM)),
            400: invalid(limit="Ensure this value is less than or equal to 1000."),
            **COMMON,
            503: answer(
                Detail,
                "Not now: see `Retry-After`",
                {"detail": "The items took too long to find. Ask for fewer, or try again later."},
            ),
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
        examples=[*ITEM_BODY, *argument_examples("name", "count", "price")],
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
    examples=argument_examples("name", "count", "price", "category"),
    responses={
        200: answer(Selection, "The selection", {"query": QUERY, "selection": [ITEM]}),
        400: problem("No query values provided in query URL"),
        **COMMON,
    },
)
"""Decorates the action that is none of DRF's own."""

"""What OpenAPI says of items one by one, of lists of them, and of the selection."""

import json
from typing import Any

from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
)
from rest_framework import serializers

from items.addresses import address_of
from items.arguments import ChangeArguments, ListArguments, SelectArguments
from items.documents import COLUMNS, FIELDS
from items.limits import MAX_PAGE_ITEMS, MAX_SELECTION_ITEMS
from items.models import Item
from items.openapi.common import (
    BAD_CONDITION,
    BAD_PRICE,
    BODY,
    CHANGED,
    COMMON,
    CONDITIONS,
    ETAG,
    ID,
    ITEM,
    ITEM_ANSWER,
    NOT_FOUND,
    NOT_JSON,
    TAKEN,
    Detail,
    answer,
    invalid,
    problem,
)
from items.serializers import ItemSerializer

QUERY = {**dict.fromkeys(SelectArguments.Meta.fields), "name": "hammer", "category": "tools"}


class Query(serializers.ModelSerializer[Any]):
    """What was asked for; the other fields are null."""

    class Meta:
        """The arguments of the selection."""

        model = Item
        fields = SelectArguments.Meta.fields
        extra_kwargs = {name: {"allow_null": True, "required": True} for name in FIELDS}


class Selection(serializers.Serializer[Any]):
    """What was asked for, and every item that equals it."""

    query = Query()
    selection = ItemSerializer(many=True)


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
LOCATION = OpenApiParameter(
    "Location",
    str,
    OpenApiParameter.HEADER,
    response=[201],
    description="Where the item is.",
    examples=[OpenApiExample("Of the item", address_of(str(ITEM["id"])))],
)
ITEM_BODY = [OpenApiExample("An item", value=BODY, request_only=True)]
# The examples of the other operations are about this one.
NEW_BODY = [OpenApiExample("An item with its id", value=ITEM, request_only=True)]
ARGUMENTS = {
    **BODY,
    "name": "hammer",
    "search": "ham",
    "count__gte": 1,
    "count__lte": 50,
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


describe_items = extend_schema_view(
    list=extend_schema(
        summary="List, find and export items",
        description="One page of the items that meet every argument, in the order asked for. "
        "Follow `Link` through the pages: an item that is there throughout, and whose value in "
        "the ordering's field stays, comes exactly once whatever else is written meanwhile.\n\n"
        "As `text/csv` or `application/x-ndjson` all of them come in one answer. In CSV a text, "
        "or a part of it behind a semicolon, a tab or a line's end, that a spreadsheet would run, "
        "or that starts with an apostrophe, has an apostrophe before it.",
        parameters=[ListArguments, LINK, TOTAL],
        examples=argument_examples(*ARGUMENTS),
        responses={
            (200, "application/json"): answer(ItemSerializer(many=True), "One page", ITEM),
            (200, "text/csv"): answer(
                str,
                "All items",
                "\r\n".join([",".join(COLUMNS), ",".join(map(str, ITEM.values()))]),
            ),
            (200, "application/x-ndjson"): answer(str, "All items", json.dumps(ITEM)),
            400: invalid(limit=f"Ensure this value is less than or equal to {MAX_PAGE_ITEMS}."),
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
        parameters=[ETAG, LOCATION],
        examples=NEW_BODY,
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
        examples=[*ITEM_BODY, *argument_examples(*ChangeArguments.Meta.fields)],
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
    f"At most {MAX_SELECTION_ITEMS:,} items: for more, page through the list.",
    parameters=[SelectArguments],
    examples=argument_examples(*SelectArguments.Meta.fields),
    responses={
        200: answer(Selection, "The selection", {"query": QUERY, "selection": [ITEM]}),
        400: problem("No query values provided in query URL"),
        **COMMON,
    },
)
"""Decorates the action that is none of DRF's own."""

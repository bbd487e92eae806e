"""What OpenAPI says of many items in one request."""

from typing import Any

from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
    inline_serializer,
)
from rest_framework import serializers

from items.addresses import address_of
from items.limits import MAX_BULK_ROWS
from items.openapi.common import (
    BAD_PRICE,
    BODY,
    COMMON,
    ITEM,
    NO_ITEM,
    NOT_JSON,
    TAKEN,
    problem,
)
from items.serializers import BulkChangeSerializer, ItemRequestSerializer, ItemSerializer

BulkResult = inline_serializer(
    "BulkResult",
    {
        "status": serializers.IntegerField(help_text="As the status of a single request."),
        "item": ItemSerializer(required=False),
        "location": serializers.CharField(
            required=False, help_text="Where an item that was stored is."
        ),
        "detail": serializers.CharField(required=False),
        "errors": serializers.DictField(
            child=serializers.ListField(child=serializers.CharField()), required=False
        ),
    },
    many=True,
)
NO_ROWS = problem(f"The body must be an array of 1 to {MAX_BULK_ROWS} rows.")


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
        description=f"{description} 1 to {MAX_BULK_ROWS:,} rows; each stands alone and has a "
        "result. Takes no `If-Match`, `If-None-Match` or `Idempotency-Key`.",
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
        ItemRequestSerializer(many=True),
        BODY,
        stored={"status": 201, "item": ITEM, "location": address_of(str(ITEM["id"]))},
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
        "The body is an array of ids. After a 503 some rows may be deleted: sent again, those are "
        "404. Of clients that delete an item at once, one is told 204 and "
        "the others 404.",
        {
            "application/json": {
                "type": "array",
                "items": {"type": "string", "format": "uuid"},
            }
        },
        [ITEM["id"]],
        deleted={"status": 204},
        without_an_item={"status": 404, "detail": NO_ITEM},
    ),
)
"""Decorates the bulk viewset."""


def bound_rows(result: dict[str, Any], generator: Any, request: Any, public: bool) -> Any:
    """Postprocess the document: how many rows, which a serializer cannot say."""
    for operation in result["paths"]["/v1/items/bulk"].values():
        rows = operation["requestBody"]["content"]["application/json"]["schema"]
        rows.update(minItems=1, maxItems=MAX_BULK_ROWS)
    return result

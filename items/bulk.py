"""Many items in one request: each row is done or refused by itself, and has its own result."""

import uuid
from collections.abc import Callable
from typing import Any

from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from fastapi_mongo_site.http.errors import response_to
from items.addresses import address_of
from items.arguments import ArgumentsMixin
from items.browsable import BrowsableMixin
from items.documents import ItemData
from items.exceptions import IdTaken, ItemNotFound
from items.fields import IdField
from items.limits import MAX_BULK_ROWS
from items.models import Item
from items.openapi.bulk import describe_bulk
from items.serializers import BULK_CHANGE, NEW_ITEM, ItemRequestSerializer

# A client that sends one of these relies on it, and bulk cannot keep what it promises.
SINGLE_ONLY = ("If-Match", "If-None-Match", "Idempotency-Key")

Row = dict[str, Any]


@describe_bulk
class BulkViewSet(ArgumentsMixin, BrowsableMixin):
    """Many items at once."""

    serializer_class = ItemRequestSerializer
    queryset = Item.objects.none()
    pagination_class = None

    def create(self, request: Request) -> Response:
        """Store new items; of rows with one id the first is stored."""
        validate = NEW_ITEM.run_validation
        items: dict[str, ItemData] = {}

        def accept(row: Any) -> str:
            values = validate(row)
            item_id = values.pop("id", None) or str(uuid.uuid4())
            if item_id in items:
                raise IdTaken(item_id)
            items[item_id] = {"id": item_id, **values}
            return item_id

        accepted = self._accept(request, accept)
        taken = Item.objects.add_many(items.values()) if items else set()

        def stored(item_id: str) -> Row:
            return {"status": 201, "item": items[item_id], "location": address_of(item_id)}

        return self._answer(
            accepted, lambda item_id: IdTaken(item_id) if item_id in taken else stored(item_id)
        )

    def partial_update(self, request: Request) -> Response:
        """Change the fields that each row names."""
        validate = BULK_CHANGE.run_validation
        changes: dict[str, ItemData] = {}

        def accept(row: Any) -> str:
            values = validate(row)
            item_id: str = values.pop("id")
            if item_id in changes:
                raise ValidationError({"id": ["Is given twice."]})
            changes[item_id] = values
            return item_id

        accepted = self._accept(request, accept)
        items = Item.objects.change_many(changes) if changes else {}
        return self._answer(
            accepted,
            lambda item_id: (
                {"status": 200, "item": items[item_id]}
                if item_id in items
                else ItemNotFound(item_id)
            ),
        )

    def destroy(self, request: Request) -> Response:
        """Delete items; of rows with one id the first deletes it."""
        validate = IdField().run_validation
        # In the order of the rows.
        ids: dict[str, None] = {}

        def accept(row: Any) -> str:
            try:
                item_id = str(validate(row))
            except ValidationError as error:
                raise ValidationError({"id": error.detail}) from error
            if item_id in ids:
                raise ItemNotFound(item_id)
            ids[item_id] = None
            return item_id

        accepted = self._accept(request, accept)
        found = Item.objects.remove_many(ids) if ids else ()
        return self._answer(
            accepted,
            lambda item_id: {"status": 204} if item_id in found else ItemNotFound(item_id),
        )

    def _accept(self, request: Request, accept: Callable[[Any], str]) -> list[str | APIException]:
        """Return each row's id, or why it is refused. Raises ValidationError for other bodies."""
        if unfit := [name for name in SINGLE_ONLY if name in request.headers]:
            raise ValidationError({name: ["Not in bulk."] for name in unfit})
        rows = request.data
        if not isinstance(rows, list) or not 1 <= len(rows) <= MAX_BULK_ROWS:
            raise ValidationError([f"The body must be an array of 1 to {MAX_BULK_ROWS} rows."])
        accepted: list[str | APIException] = []
        for row in rows:
            try:
                accepted.append(accept(row))
            except APIException as error:
                accepted.append(error)
        return accepted

    def _answer(
        self,
        accepted: list[str | APIException],
        result: Callable[[str], Row | APIException],
    ) -> Response:
        """Answer with a result for each row; an error is what a single request would answer."""
        results = [row if isinstance(row, APIException) else result(row) for row in accepted]
        context = self.get_exception_handler_context()
        answers: list[Row] = []
        for row in results:
            if isinstance(row, APIException):
                # Not by the exception handler, which chooses the format of the whole answer.
                response: Any = response_to(row, context)
                row = {"status": response.status_code, **response.data}
            answers.append(row)
        return Response(answers)

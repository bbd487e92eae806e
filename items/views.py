"""The items API: one viewset, each action one row or two of the contract."""

import math
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import IntegrityError
from django.http import HttpResponse
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from fastapi_mongo_site.http.renderers import JSONRenderer
from fastapi_mongo_site.http.views import answer
from items.addresses import address_of
from items.arguments import CHANGE_ARGUMENTS, ArgumentsMixin
from items.documents import ItemData
from items.etags import Conditions, etag_of
from items.exceptions import (
    IdTaken,
    ItemNotFound,
    KeyReused,
    KeysFull,
    PreconditionFailed,
    StockConflict,
)
from items.idempotency import idempotency_key, refuse_idempotency_key
from items.lists import ListMixin
from items.managers import KeysExhaustedError
from items.models import Item
from items.openapi.adjustments import describe_adjust
from items.openapi.items import describe_items
from items.serializers import (
    ADJUSTMENT,
    ITEM_CHANGES,
    NEW_ITEM,
    ItemRequestSerializer,
)

# As `str(uuid.UUID)` gives it, and clients send it back: there is nothing to parse.
CANONICAL_ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@describe_items
class ItemViewSet(ArgumentsMixin, ListMixin):
    """Items in stock."""

    serializer_class = ItemRequestSerializer
    queryset = Item.objects.none()
    lookup_url_kwarg = "id"
    pagination_class = None
    with_arguments = frozenset({"list", "query", "update"})

    def create(self, request: Request) -> HttpResponse:
        """Store a new item; its id is made here unless the body has one."""
        refuse_idempotency_key(request)
        values = validated(NEW_ITEM, request.data)
        item = {"id": values.pop("id", None) or str(uuid.uuid4()), **values}
        try:
            Item.objects.add(item)
        except IntegrityError as error:
            raise IdTaken(item["id"]) from error
        response = self._answer(item, 201)
        response["Location"] = address_of(item["id"])
        return response

    def retrieve(self, request: Request, id: str) -> HttpResponse:
        """Return one item; 304 without it when the client has it."""
        conditions = Conditions(request)
        item = self.get_object()
        etag = etag_of(item)
        conditions.check_match(etag)
        known = conditions.is_known(etag) and self._has_etag()
        return self._answer(item, 304 if known else 200, etag)

    def update(self, request: Request, id: str) -> HttpResponse:
        """Replace the item by a JSON body, or change the fields that the URL names."""
        has_body = bool(request.body)
        if not request.query_params:
            if not has_body:
                raise ValidationError(["No query values provided in update URL"])
            return self._changed(request, self._validated_body(NEW_ITEM))
        if has_body:
            raise ValidationError(["Give the new values in the URL or in the body, not in both."])
        return self._changed(request, validated(CHANGE_ARGUMENTS, request.query_params))

    def partial_update(self, request: Request, id: str) -> HttpResponse:
        """Change the fields that the JSON body names."""
        return self._changed(request, self._validated_body(ITEM_CHANGES))

    def destroy(self, request: Request, id: str) -> HttpResponse:
        """Delete the item."""
        read = self._read_for_conditions(request)
        with self._missing(read):
            Item.objects.remove(self.item_id, read)
        return answer(request, None, 204)

    @describe_adjust
    def adjust(self, request: Request, id: str) -> HttpResponse:
        """Add to the count, or take from it; once only for an idempotency key."""
        key = idempotency_key(request)
        delta = validated(ADJUSTMENT, request.data)["delta"]
        if key is not None:
            return self._adjusted_once(request, delta, key)
        read = self._read_for_conditions(request)
        with self._missing(read):
            item, changed = Item.objects.adjust(self.item_id, delta, read)
        if not changed:
            raise StockConflict(delta, item["count"])
        return self._answer(item)

    def form_page(self, request: Request) -> HttpResponse:
        """Return the page with the forms; that of an adjustment has its item."""
        return self._answer(self.get_object()) if "id" in self.kwargs else Response()

    def get_object(self) -> ItemData:
        """Return the item of the URL. Raises NotFound."""
        try:
            return Item.objects.read(self.item_id)
        except Item.DoesNotExist as error:
            raise ItemNotFound(self.kwargs["id"]) from error

    @property
    def item_id(self) -> str:
        """The id in the URL as it is stored. Raises NotFound when it is no UUID."""
        spelled: str = self.kwargs["id"]
        if CANONICAL_ID.fullmatch(spelled):
            return spelled
        try:
            return str(uuid.UUID(spelled))
        except ValueError as error:
            raise ItemNotFound(spelled) from error

    def _answer(self, item: ItemData, status: int = 200, etag: str | None = None) -> HttpResponse:
        if not self._has_etag():
            # The page finds the item in the data's serializer.
            return Response(ItemRequestSerializer(item).data, status)
        headers = {"ETag": etag or etag_of(item)}
        return answer(self.request, None if status == 304 else item, status, headers)

    def _has_etag(self) -> bool:
        # A page for a browser holds more than the item, and is another representation.
        return isinstance(self.request.accepted_renderer, JSONRenderer)

    def _changed(self, request: Request, values: ItemData) -> HttpResponse:
        """Set fields of the item, and answer with it as it then is."""
        read = self._read_for_conditions(request)
        if not values:
            return self._answer(read or self.get_object())
        with self._missing(read):
            return self._answer(Item.objects.change(self.item_id, values, read))

    def _adjusted_once(self, request: Request, delta: int, key: str) -> HttpResponse:
        try:
            read = self._read_for_conditions(request)
        except PreconditionFailed:
            # The first use of the key may be what changed the item.
            kept = Item.objects.adjustment(self.item_id, key)
            if kept is None:
                raise
        else:
            try:
                with self._missing(read):
                    kept = Item.objects.adjust_once(self.item_id, delta, key, read)
            except KeysExhaustedError as error:
                raise KeysFull(max(1, math.ceil(error.wait / 1000))) from error
        if kept.delta not in (delta, None):
            raise KeyReused
        if kept.changed:
            response = self._answer(kept.item)
        else:
            response = self.handle_exception(StockConflict(delta, kept.item["count"]))
        if kept.replayed:
            response["Idempotency-Replayed"] = "true"
        return response

    def _validated_body(self, serializer: ItemRequestSerializer) -> ItemData:
        values = validated(serializer, self.request.data)
        if values.pop("id", self.item_id) != self.item_id:
            raise ValidationError({"id": ["Is not the id in the URL."]})
        return values

    def _read_for_conditions(self, request: Request) -> ItemData | None:
        """Return the item that the request's conditions hold for; None when it has none.

        The change then names this item, so that another in between is not lost (it is a 412).
        Raises PreconditionFailed.
        """
        conditions = Conditions(request)
        if not conditions:
            return None
        item = self.get_object()
        conditions.check(etag_of(item))
        return item

    @contextmanager
    def _missing(self, read: ItemData | None = None) -> Iterator[None]:
        """Answer 404 when the item does not exist, 412 when it no longer is what was read."""
        try:
            yield
        except Item.DoesNotExist as error:
            if read is not None:
                raise PreconditionFailed from error
            raise ItemNotFound(self.kwargs["id"]) from error


def validated(serializer: Serializer[Any], data: Any) -> dict[str, Any]:
    """Return the values that a serializer makes of data. Raises ValidationError."""
    if data is None:
        raise ValidationError(["The body must be a JSON object, not null."])
    values: dict[str, Any] = serializer.run_validation(data)
    return values

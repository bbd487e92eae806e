"""The items API: one viewset, each action one row or two of the contract."""

import uuid
from typing import Any

from django.db import IntegrityError
from rest_framework.exceptions import APIException, NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import GenericViewSet

from fastapi_mongo_site.request import check_query_string
from items.fields import parse_uuid
from items.managers import ItemData
from items.models import Item
from items.pagination import next_link
from items.schema import describe_items, describe_query
from items.serializers import ChangeArguments, ItemSerializer, ListArguments, SelectArguments

MAX_SELECTION = 10_000


class Conflict(APIException):
    """409: the id is taken."""

    status_code = 409
    default_code = "conflict"


@describe_items
class ItemViewSet(GenericViewSet[Any]):
    """Items in stock."""

    serializer_class = ItemSerializer
    queryset = Item.objects.none()
    lookup_url_kwarg = "id"
    pagination_class = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse a request before its action sees it."""
        super().initial(request, *args, **kwargs)
        check_query_string(request.META["QUERY_STRING"])

    def list(self, request: Request) -> Response:
        """Return one page of items; the `Link` header leads to the next."""
        arguments = validated(ListArguments(data=request.query_params))
        limit = arguments["limit"]
        items = Item.objects.page(arguments["cursor"], limit + 1)
        response = Response(items[:limit])
        if len(items) > limit:
            response["Link"] = next_link(request, items[limit - 1]["id"])
        return response

    @describe_query
    def query(self, request: Request) -> Response:
        """Return all items whose fields equal the arguments."""
        if not request.query_params:
            raise ValidationError(["No query values provided in query URL"])
        values = validated(SelectArguments(data=request.query_params))
        items = Item.objects.select(values, MAX_SELECTION + 1)
        if len(items) > MAX_SELECTION:
            raise ValidationError(
                [f"More than {MAX_SELECTION} items match: page through GET /v1/items instead."]
            )
        names = SelectArguments.Meta.fields
        return Response({"query": {name: values.get(name) for name in names}, "selection": items})

    def create(self, request: Request) -> Response:
        """Store a new item; its id is made here unless the body has one."""
        values = validated(self.get_serializer(data=request.data))
        item = {"id": values.pop("id", None) or str(uuid.uuid4()), **values}
        try:
            Item.objects.add(item)
        except IntegrityError as error:
            namespace = Item.objects.namespace
            raise Conflict(f"Item with id='{item['id']}' already exists in {namespace}") from error
        return Response(item, status=201)

    def retrieve(self, request: Request, id: str) -> Response:
        """Return one item."""
        return Response(self.get_serializer(self.get_object()).data)

    def update(self, request: Request, id: str) -> Response:
        """Replace the item by a JSON body, or change the fields that the URL names."""
        has_body = bool(request._request.body)
        if not request.query_params:
            if not has_body:
                raise ValidationError(["No query values provided in update URL"])
            values = self._validated_body(request, partial=False)
            self._change(values)
            return Response({"id": self.item_id, **values})
        if has_body:
            raise ValidationError(["Give the new values in the URL or in the body, not in both."])
        self._change(validated(ChangeArguments(data=request.query_params)))
        return Response(self.get_object())

    def partial_update(self, request: Request, id: str) -> Response:
        """Change the fields that the JSON body names."""
        if values := self._validated_body(request, partial=True):
            self._change(values)
        return Response(self.get_object())

    def destroy(self, request: Request, id: str) -> Response:
        """Delete the item."""
        try:
            Item.objects.remove(self.item_id)
        except Item.DoesNotExist as error:
            raise self._not_found() from error
        return Response(status=204)

    def get_object(self) -> ItemData:
        """Return the item of the URL. Raises NotFound."""
        try:
            return Item.objects.read(self.item_id)
        except Item.DoesNotExist as error:
            raise self._not_found() from error

    @property
    def item_id(self) -> str:
        """The id in the URL as it is stored. Raises NotFound when it is no UUID."""
        try:
            return str(parse_uuid(self.kwargs["id"]))
        except ValueError as error:
            raise self._not_found() from error

    def _change(self, values: ItemData) -> None:
        try:
            Item.objects.change(self.item_id, values)
        except Item.DoesNotExist as error:
            raise self._not_found() from error

    def _validated_body(self, request: Request, *, partial: bool) -> ItemData:
        values = validated(self.get_serializer(data=request.data, partial=partial))
        if values.pop("id", self.item_id) != self.item_id:
            raise ValidationError({"id": ["Is not the id in the URL."]})
        return values

    def _not_found(self) -> NotFound:
        return NotFound(f"Item with id='{self.kwargs['id']}' not found in {Item.objects.namespace}")


def validated(serializer: BaseSerializer[Any]) -> dict[str, Any]:
    """Return a serializer's validated values. Raises ValidationError."""
    serializer.is_valid(raise_exception=True)
    values: dict[str, Any] = serializer.validated_data
    return values

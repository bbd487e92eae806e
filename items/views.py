"""The items API: one viewset, each action one row or two of the contract."""

import logging
import uuid
from typing import Any

from django.db import IntegrityError
from django.http.response import HttpResponseBase
from rest_framework.exceptions import APIException, NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import GenericViewSet

from fastapi_mongo_site.errors import RETRY_AFTER_SECONDS
from items.exports import EXPORTS, BusyError, ExportFormat, NoSpaceError, export
from items.finding import Listing
from items.managers import ItemData, TimeLimitError
from items.models import Item
from items.pagination import DEFAULT_LIMIT, make_cursor, next_link
from items.schema import describe_items, describe_query
from items.serializers import (
    LIST_ARGUMENTS,
    SELECT_ARGUMENTS,
    ChangeArguments,
    ItemSerializer,
    SelectArguments,
)

logger = logging.getLogger(__name__)

MAX_SELECTION = 10_000


class Conflict(APIException):
    """409: the id is taken."""

    status_code = 409
    default_code = "conflict"


class Unavailable(APIException):
    """503: not now."""

    status_code = 503
    default_code = "unavailable"
    wait = RETRY_AFTER_SECONDS
    """Seconds, which DRF puts into `Retry-After`."""


@describe_items
class ItemViewSet(GenericViewSet[Any]):
    """Items in stock."""

    serializer_class = ItemSerializer
    queryset = Item.objects.none()
    lookup_url_kwarg = "id"
    pagination_class = None

    def list(self, request: Request) -> HttpResponseBase:
        """Return one page of items, `Link` leads to the next; or all of them as an export."""
        arguments = LIST_ARGUMENTS.run_validation(request.query_params)
        listing = arguments["listing"]
        if form := self._export_format(arguments.get("format")):
            return self._export(form, arguments)
        limit = arguments.get("limit", DEFAULT_LIMIT)
        items = Item.objects.page(listing, limit + 1, arguments["after"])
        response = Response(items[:limit])
        if len(items) > limit:
            last = listing.position(items[limit - 1])
            response["Link"] = next_link(request, make_cursor(listing, last))
        if arguments["total"]:
            response["X-Total-Count"] = str(Item.objects.total(listing))
        return response

    @describe_query
    def query(self, request: Request) -> Response:
        """Return all items whose fields equal the arguments."""
        if not request.query_params:
            raise ValidationError(["No query values provided in query URL"])
        values = SELECT_ARGUMENTS.run_validation(request.query_params)
        items = Item.objects.page(Listing(values), MAX_SELECTION + 1)
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

    def _export_format(self, name: str | None) -> ExportFormat | None:
        """Return the format by its name, else by the Accept header; None for a page."""
        renderers = self.get_renderers()
        if name is None:
            forms = [form() for form in EXPORTS.values()]
            negotiator = self.get_content_negotiator()
            chosen, _ = negotiator.select_renderer(self.request, [*renderers, *forms])
            return chosen if isinstance(chosen, ExportFormat) else None
        if name in EXPORTS:
            return EXPORTS[name]()
        self.request.accepted_renderer = renderers[0]
        self.request.accepted_media_type = renderers[0].media_type
        return None

    def _export(self, form: ExportFormat, arguments: dict[str, Any]) -> HttpResponseBase:
        if paging := [name for name in ("limit", "cursor") if name in arguments]:
            message = f"Not with {form.format}, which gives all items."
            raise ValidationError({name: [message] for name in paging})
        response, number = export(arguments["listing"], form)
        if arguments["total"]:
            response["X-Total-Count"] = str(number)
        return response

    def handle_exception(self, exc: Exception) -> Response:
        """Return the answer to an exception; 503 where trying again later may help."""
        if isinstance(exc, TimeLimitError):
            exc = Unavailable("The items took too long to find. Ask for fewer, or try again later.")
        elif isinstance(exc, BusyError):
            exc = Unavailable("Too many exports at once. Try again later.")
        elif isinstance(exc, NoSpaceError):
            logger.error("An export failed: %s", exc)
            exc = Unavailable("There is no space to make the export. Try again later.")
        return super().handle_exception(exc)

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
            return str(uuid.UUID(self.kwargs["id"]))
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

"""Lists of items: in pages, whole as an export, and the contract's selection."""

import logging
from typing import Any

from django.http import HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils.http import urlencode
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from djongo_engine.errors import TimeLimitExceeded
from fastapi_mongo_site.http.exceptions import Unavailable
from fastapi_mongo_site.http.views import answer
from items.arguments import LIST_ARGUMENTS, SELECT_ARGUMENTS, SelectArguments
from items.browsable import BrowsableMixin, BrowsableRenderer
from items.limits import DEFAULT_PAGE_ITEMS, MAX_SELECTION_ITEMS
from items.models import Item
from items.openapi.items import describe_query
from items.pagination import make_cursor, next_link
from items.transfer.exports import EXPORTS, BusyError, ExportFormat, NoSpaceError, export

logger = logging.getLogger(__name__)


class ListMixin(BrowsableMixin):
    """The actions that read many items."""

    def list(self, request: Request) -> HttpResponseBase:
        """Return one page of items, `Link` leads to the next; or all of them as an export."""
        arguments = LIST_ARGUMENTS.run_validation(request.query_params)
        listing = arguments["listing"]
        if form := self._export_format(arguments.get("format")):
            return self._export(form, arguments)
        limit = arguments.get("limit", DEFAULT_PAGE_ITEMS)
        items = Item.objects.page(listing, limit + 1, arguments["after"])
        response = answer(request, items[:limit])
        if len(items) > limit:
            last = listing.position(items[limit - 1])
            response["Link"] = next_link(request, make_cursor(listing, last))
        if arguments["total"]:
            response["X-Total-Count"] = str(Item.objects.total(listing))
        return response

    @describe_query
    def query(self, request: Request) -> HttpResponseBase:
        """Return all items whose fields equal the arguments."""
        if not request.query_params:
            if isinstance(request.accepted_renderer, BrowsableRenderer):
                return self.form_page(request)
            raise ValidationError(["No query values provided in query URL"])
        values = SELECT_ARGUMENTS.run_validation(request.query_params)
        items = Item.objects.selection(values, MAX_SELECTION_ITEMS + 1)
        if len(items) > MAX_SELECTION_ITEMS:
            message = f"More than {MAX_SELECTION_ITEMS} items match: page through GET /v1/items."
            raise ValidationError([message])
        names = SelectArguments.Meta.fields
        query = {name: values.get(name) for name in names}
        return answer(request, {"query": query, "selection": items})

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

    def handle_exception(self, exc: Exception) -> Any:
        """Return the answer to an exception; 503 where trying again later may help."""
        if isinstance(exc, ValidationError) and (shorter := without_empty(self.request)):
            return HttpResponseRedirect(shorter)
        if isinstance(exc, TimeLimitExceeded):
            exc = Unavailable("The items took too long to find. Ask for fewer, or try again later.")
        elif isinstance(exc, BusyError):
            exc = Unavailable("Too many exports at once. Try again later.")
        elif isinstance(exc, NoSpaceError):
            logger.error("An export failed: %s", exc)
            exc = Unavailable("There is no space to make the export. Try again later.")
        return super().handle_exception(exc)


def without_empty(request: Request) -> str:
    """Return the address without the arguments that a form sends empty; "" where there are none."""
    given = request.query_params
    if not isinstance(request.accepted_renderer, BrowsableRenderer) or all(given.values()):
        return ""
    filled = urlencode([pair for pair in given.dict().items() if pair[1]])
    return f"{request.path}{filled and '?'}{filled}"

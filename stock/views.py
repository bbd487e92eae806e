"""The pages of `/stock`: the table, one item's forms, and the totals."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError
from django.http import HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.http import urlencode
from django_htmx.http import replace_url, reswap, retarget
from django_htmx.middleware import HtmxDetails
from rest_framework import exceptions
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.renderers import TemplateHTMLRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from djongo_engine.errors import TimeLimitExceeded
from fastapi_mongo_site.http.request import check_query_string
from fastapi_mongo_site.http.views import APIView
from items.adjustments import Adjustment
from items.documents import FIELDS, ItemData
from items.etags import etag_of
from items.limits import MAX_KEY_CHARACTERS
from items.managers import KeysExhaustedError
from items.models import Category, Item
from stock import undo
from stock.filters import SORTED, Filter
from stock.forms import COUNT_FORM, ITEM_FORM, read_form
from stock.tables import row, table
from stock.totals import BAR_WIDTH, totals

SLOW = "The search took too long. Type more of the name, or choose a category."
GONE = "Somebody has deleted this item."
STEPS = {"-1": -1, "1": 1}


class StockView(APIView):
    """A page, or a part of one for htmx."""

    renderer_classes = (TemplateHTMLRenderer,)
    parser_classes = (FormParser, MultiPartParser)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Find out whether htmx asks. Raises APIException."""
        super().initial(request, *args, **kwargs)
        check_query_string(request.META["QUERY_STRING"])
        asks: Any = request
        htmx = HtmxDetails(asks)
        self.for_htmx = bool(htmx) and not htmx.history_restore_request

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the answer, which no cache keeps: it is for who has the credentials."""
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response

    def page(self, name: str, status: int = 200, /, **context: Any) -> Response:
        """Return a template of this app."""
        context |= {"categories": Category.values, "fields": FIELDS, "key": uuid.uuid4().hex}
        return Response(context, status, template_name=f"stock/{name}.html")

    def part(self, name: str, status: int = 200, /, **context: Any) -> Response:
        """Return a part of a page, which htmx takes in even where the status is an error."""
        response = self.page(f"parts/{name}", status, **context)
        return response if status < 400 else reswap(response, "outerHTML")

    def item(self, item_id: uuid.UUID) -> ItemData:
        """Return an item. Raises NotFound."""
        try:
            return Item.objects.read(str(item_id))
        except Item.DoesNotExist as error:
            raise exceptions.NotFound(GONE) from error

    @property
    def back(self) -> str:
        """The query string of the list that the person came from."""
        source = self.request.query_params if self.request.method == "GET" else self.request.data
        return QueryDict(source.get("back", "")).urlencode()

    def to_list(self, item_id: str = "") -> HttpResponseBase:
        """Lead back to that list, at an item's row."""
        query, place = self.back, f"#item-{item_id}" if item_id else ""
        url = f"{reverse('stock')}{query and '?'}{query}{place}"
        response = HttpResponseRedirect(url)
        response.status_code = 303
        return response


class ListView(StockView):
    """`GET /stock`: the table. `POST /stock`: a new item."""

    def get(self, request: Request) -> Response:
        """Return the page, or its list alone."""
        shown = Filter.of(request.query_params)
        # A form sends what is left empty, too.
        query = urlencode({name: value for name, value in request.query_params.items() if value})
        status, rows, problem = 200, None, ""
        try:
            rows = table(shown)
        except TimeLimitExceeded:
            status, problem = 503, SLOW
        context = {
            "filter": shown,
            "query": query,
            "table": rows,
            "problem": problem,
            "columns": [column(name, shown) for name in SORTED],
            "category_query": shown.query(category=None),
            "export": shown.export_query(),
        }
        if not self.for_htmx:
            return self.page("list", status, **context)
        return replace_url(
            self.part("list", status, **context), f"{reverse('stock')}{query and '?'}{query}"
        )

    def post(self, request: Request) -> HttpResponseBase:
        """Store a new item, or show the form again with what is wrong."""
        values, errors = read_form(ITEM_FORM, request.data)
        if errors:
            return self.page("form", 400, typed=request.data, errors=errors, back=self.back)
        item = {"id": str(uuid.uuid4()), **values}
        Item.objects.add(item)
        return self.to_list(item["id"])


class NewView(StockView):
    """`GET /stock/new`: an empty form."""

    def get(self, request: Request) -> Response:
        """Return the form."""
        return self.page("form", typed={}, errors={}, back=self.back)


class EditView(StockView):
    """`/stock/{id}/edit`: the form of an item."""

    def get(self, request: Request, id: uuid.UUID) -> Response:
        """Return the form with the item in it."""
        item = self.item(id)
        return self.page(
            "form", item=item, typed=item, errors={}, etag=etag_of(item), back=self.back
        )

    def post(self, request: Request, id: uuid.UUID) -> HttpResponseBase:
        """Change the item; the form comes again where a value is wrong, or the item has changed."""
        values, errors = read_form(ITEM_FORM, request.data)
        item = self.item(id)
        etag = request.data.get("etag", "")
        context: dict[str, Any] = {"item": item, "typed": request.data, "back": self.back}
        if errors:
            return self.page("form", 400, **context, errors=errors, etag=etag)
        if changed := set_fields(item, values, etag):
            now = {**context, "item": changed, "etag": etag_of(changed), "errors": {}}
            return self.page("form", 412, **now, others=differences(changed, values))
        return self.to_list(str(id))


class CountView(StockView):
    """`POST /stock/{id}/count`: sets the count of an item that nobody else has changed."""

    def post(self, request: Request, id: uuid.UUID) -> HttpResponseBase:
        """Return the count's form as it is then."""
        values, errors = read_form(COUNT_FORM, request.data)
        item = self.item(id)
        problem, status = "", 200
        if errors:
            status, problem = 400, errors["count"]
        elif changed := set_fields(item, values, request.data.get("etag", "")):
            status, item = 412, changed
            problem = (
                f"Somebody has changed {item['name']}: its count is {item['count']} now, and not"
                f" {values['count']} yet. Set it again to go on."
            )
        else:
            item = {**item, **values}
        return counted(self, item, status, problem, request.data.get("count", ""))


class AdjustView(StockView):
    """`POST /stock/{id}/adjust`: one more, or one less; once for a key."""

    def post(self, request: Request, id: uuid.UUID) -> HttpResponseBase:
        """Return the count's form as it is then."""
        delta = STEPS.get(request.data.get("delta", ""))
        key = request.META.get("HTTP_IDEMPOTENCY_KEY") or request.data.get("key", "")
        if delta is None or not 0 < len(key) <= MAX_KEY_CHARACTERS or not key.isprintable():
            raise exceptions.ValidationError(["Give a delta of 1 or -1, and a key."])
        try:
            done: Adjustment = Item.objects.adjust_once(str(id), delta, key)
        except Item.DoesNotExist as error:
            raise exceptions.NotFound(GONE) from error
        except KeysExhaustedError as error:
            raise exceptions.Throttled(error.wait / 1000) from error
        # What the first request with this key saw may be old.
        item = self.item(id) if done.replayed else done.item
        problem = "" if done.changed else f"There are {item['count']}, which allows no such step."
        return counted(self, item, 200 if done.changed else 409, problem)


class DeleteView(StockView):
    """`/stock/{id}/delete`: a question, and then the deletion."""

    def get(self, request: Request, id: uuid.UUID) -> Response:
        """Return the question."""
        return self.page("delete", item=self.item(id), back=self.back)

    def post(self, request: Request, id: uuid.UUID) -> Response:
        """Delete the item, and offer it back."""
        try:
            document, text = undo.delete(str(id))
        except Item.DoesNotExist as error:
            raise exceptions.NotFound(GONE) from error
        context = {"id": str(id), "name": document.get("name"), "text": text, "back": self.back}
        return (self.part if self.for_htmx else self.page)(
            "deleted", **context, seconds=undo.SECONDS
        )


class UndoView(StockView):
    """`POST /stock/undo`: restores what was deleted."""

    def post(self, request: Request) -> HttpResponseBase:
        """Return the row, or lead to the list."""
        try:
            item_id = undo.restore(request.data.get("text", ""))
        except undo.TooLateError as error:
            raise Conflict("It is too late to restore this item.") from error
        except IntegrityError as error:
            raise Conflict("This item is there already.") from error
        if not self.for_htmx:
            return self.to_list(item_id)
        return self.part("row", row=row(Item.objects.read(item_id)), query=self.back)


class TotalsView(StockView):
    """`GET /stock/totals`."""

    def get(self, request: Request) -> Response:
        """Return the totals as a page, or as a part of one."""
        try:
            context: Mapping[str, Any] = {"totals": totals(), "bar": BAR_WIDTH}
        except TimeLimitExceeded:
            context = {"problem": "There are too many items to add up in time."}
        return (self.part if self.for_htmx else self.page)("totals", **context)


class Conflict(exceptions.APIException):
    """The request cannot be done as things are now."""

    status_code = 409


def column(name: str, shown: Filter) -> dict[str, Any]:
    """Return a column's heading: the query that sorts by it, "" where no index does."""
    current = shown.ordering == name
    down = shown.ordering == f"-{name}"
    query = shown.query(ordering=f"-{name}" if current else name) if name in shown.sortable else ""
    direction = "ascending" if current else "descending" if down else "none"
    return {"name": name, "query": query, "sorted": direction}


def counted(
    view: StockView, item: ItemData, status: int, problem: str, typed: str | None = None
) -> HttpResponseBase:
    """Return the part of a row that a new count changes; without htmx the list again."""
    if view.for_htmx:
        context = {"row": row(item), "problem": problem, "query": view.back, "alone": True}
        if problem and typed is not None:
            context["typed"] = typed
        return retarget(view.part("count", status, **context), f"#count-{item['id']}")
    if problem:
        return view.page("problem", status, problem=problem, back=view.back)
    return view.to_list(item["id"])


def set_fields(item: ItemData, values: ItemData, etag: str) -> ItemData | None:
    """Change an item that still has the ETag; return it as it now is where it has another.

    Raises NotFound.
    """
    if etag == etag_of(item):
        try:
            Item.objects.change(item["id"], values, item)
        except Item.DoesNotExist:
            pass
        else:
            return None
    try:
        return Item.objects.read(item["id"])
    except Item.DoesNotExist as error:
        raise exceptions.NotFound(GONE) from error


def differences(item: ItemData, values: ItemData) -> dict[str, Any]:
    """Return what the fields hold now, where that is not what was typed."""
    return {name: item[name] for name in FIELDS if item[name] != values[name]}

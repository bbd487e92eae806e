"""The table of the stock page, and its totals."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.http import urlencode
from django_htmx.http import replace_url
from rest_framework.request import Request
from rest_framework.response import Response

from djongo_engine.errors import TimeLimitExceeded
from items.documents import ItemData
from items.models import Item
from items.transfer.matching import id_of
from stock.base import StockView
from stock.filters import SORTED, Filter
from stock.forms import ITEM_FORM, read_form
from stock.tables import table
from stock.totals import BAR_WIDTH, totals

SLOW = "The search took too long. Type more of the name, or choose a category."


class ListView(StockView):
    """`GET /stock`: the table. `POST /stock`: a new item."""

    def get(self, request: Request) -> Response:
        """Return the page, or its list alone."""
        shown = Filter.of(request.query_params)
        # A form sends what is left empty, too.
        query = urlencode([pair for pair in request.query_params.dict().items() if pair[1]])
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
        values, errors = read_form(ITEM_FORM, self.typed)
        if errors:
            return self.page("form", 400, typed=self.typed, errors=errors, back=self.back)
        key = self.typed.get("key") or uuid.uuid4().hex
        return self.to_list(add_once({"id": id_of(key), **values}))


class TotalsView(StockView):
    """`GET /stock/totals`."""

    def get(self, request: Request) -> Response:
        """Return the totals as a page, or as a part of one."""
        try:
            context: Mapping[str, Any] = {"totals": totals(), "bar": BAR_WIDTH}
        except TimeLimitExceeded:
            context = {"problem": "There are too many items to add up in time."}
        return (self.part if self.for_htmx else self.page)("totals", **context)


def add_once(item: ItemData) -> str:
    """Store a new item, unless the same form has stored it already; return its id."""
    try:
        Item.objects.add(item)
    except IntegrityError:
        if item not in Item.objects.read_many([item["id"]]).values():
            # The form was filled in anew, as after a step back in the browser.
            item = {**item, "id": str(uuid.uuid4())}
            Item.objects.add(item)
    item_id: str = item["id"]
    return item_id


def column(name: str, shown: Filter) -> dict[str, Any]:
    """Return a column's heading: the query that sorts by it, "" where no index does."""
    current = shown.ordering == name
    down = shown.ordering == f"-{name}"
    query = shown.query(ordering=f"-{name}" if current else name) if name in shown.sortable else ""
    direction = "ascending" if current else "descending" if down else "none"
    return {"name": name, "query": query, "sorted": direction}

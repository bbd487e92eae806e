"""New items, and changes of one: its form, its count, one more or one less."""

import uuid
from typing import Any

from django.http.response import HttpResponseBase
from django_htmx.http import retarget
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from items.adjustments import Adjustment
from items.documents import FIELDS, ItemData
from items.etags import etag_of
from items.limits import MAX_KEY_CHARACTERS
from items.managers import KeysExhaustedError
from items.models import Item
from stock.base import GONE, StockView
from stock.forms import COUNT_FORM, ITEM_FORM, read_form
from stock.tables import row

STEPS = {"-1": -1, "1": 1}


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
        values, errors = read_form(ITEM_FORM, self.typed)
        item = self.item(id)
        etag = self.typed.get("etag", "")
        context: dict[str, Any] = {"item": item, "typed": self.typed, "back": self.back}
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
        values, errors = read_form(COUNT_FORM, self.typed)
        item = self.item(id)
        problem, status = "", 200
        if errors:
            status, problem = 400, errors["count"]
        elif changed := set_fields(item, values, self.typed.get("etag", "")):
            status, item = 412, changed
            problem = (
                f"Somebody has changed {item['name']}: its count is {item['count']} now, and not"
                f" {values['count']} yet. Set it again to go on."
            )
        else:
            item = {**item, **values}
        return counted(self, item, status, problem, self.typed.get("count", ""))


class AdjustView(StockView):
    """`POST /stock/{id}/adjust`: one more, or one less; once for a key."""

    def post(self, request: Request, id: uuid.UUID) -> HttpResponseBase:
        """Return the count's form as it is then."""
        delta = STEPS.get(self.typed.get("delta", ""))
        key = request.META.get("HTTP_IDEMPOTENCY_KEY") or self.typed.get("key", "")
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

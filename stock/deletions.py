"""Deleting an item, and having it back."""

import uuid

from django.db import IntegrityError
from django.http.response import HttpResponseBase
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from items.models import Item
from stock import undo
from stock.base import GONE, Conflict, StockView
from stock.tables import row


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
            item_id = undo.restore(self.typed.get("text", ""))
        except undo.TooLateError as error:
            raise Conflict("It is too late to restore this item.") from error
        except IntegrityError as error:
            raise Conflict("This item is there already.") from error
        if not self.for_htmx:
            return self.to_list(item_id)
        return self.part("row", row=row(Item.objects.read(item_id)), query=self.back)

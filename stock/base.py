"""What the views of the stock page share."""

import uuid
from typing import Any

from django.http import HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.urls import reverse
from django_htmx.http import reswap
from django_htmx.middleware import HtmxDetails
from rest_framework import exceptions
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.renderers import TemplateHTMLRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from fastapi_mongo_site.http.request import check_query_string
from fastapi_mongo_site.http.views import APIView
from items.documents import FIELDS, ItemData
from items.models import Category, Item

# A search of 100 emojis behind a name of 100 more has 1,940.
MAX_BACK_CHARACTERS = 1_950
GONE = "Somebody has deleted this item."


class StockView(APIView):
    """A page, or a part of one for htmx."""

    renderer_classes = (TemplateHTMLRenderer,)
    parser_classes = (FormParser, MultiPartParser)
    # DRF's answer to OPTIONS describes a serializer, of which no page has one.
    http_method_names = ["get", "head", "post"]
    # It is no part of the API's documentation.
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Find out whether htmx asks, and have the whole body. Raises APIException."""
        super().initial(request, *args, **kwargs)
        # Django's limit, and whether all has come, concern the body: the parser of a form with a
        # file reads on, to the disk, and takes what is cut off for the end.
        _ = request.body
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
    def typed(self) -> QueryDict:
        """The fields of the form that was sent."""
        data: Any = self.request.data
        # Of a body without a type DRF makes a dictionary.
        return data if isinstance(data, QueryDict) else QueryDict()

    @property
    def back(self) -> str:
        """The query string of the list that the person came from; "" for one that is no list's.

        Django refuses one of more fields, or to lead to a longer one, when all else is done.
        """
        sent = self.request.query_params if self.request.method == "GET" else self.typed
        text = sent.get("back", "")
        query = QueryDict(text).urlencode() if len(text) <= MAX_BACK_CHARACTERS else ""
        return query if len(query) <= MAX_BACK_CHARACTERS else ""

    def to_list(self, item_id: str = "") -> HttpResponseBase:
        """Lead back to that list, at an item's row."""
        query, place = self.back, f"#item-{item_id}" if item_id else ""
        url = f"{reverse('stock')}{query and '?'}{query}{place}"
        response = HttpResponseRedirect(url)
        response.status_code = 303
        return response


class Conflict(exceptions.APIException):
    """The request cannot be done as things are now."""

    status_code = 409

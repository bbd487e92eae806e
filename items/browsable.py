"""The API's pages for people: DRF's browsable API, with links, a filter, and forms by field."""

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, cast

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.db import DatabaseError
from django.http import HttpResponse
from django.http.request import UnreadablePostError
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import mark_safe
from rest_framework.exceptions import APIException
from rest_framework.renderers import BrowsableAPIRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from fastapi_mongo_site.http.errors import SAFE_METHODS
from fastapi_mongo_site.http.renderers import JSONRenderer
from fastapi_mongo_site.http.views import GenericViewSet
from items.addresses import address_of
from items.arguments import LIST_ARGUMENTS, SELECT_ARGUMENTS
from items.controls import Control, RawForm, as_text
from items.openapi.common import BODY, ITEM

FILTERS = {"items-list": LIST_ARGUMENTS, "items-query": SELECT_ARGUMENTS}
"""The arguments of a page's filter, by the name of its route."""
UNFILTERED = {"cursor", "format"}
EXAMPLES: dict[str, dict[str, Any]] = {
    "items-list": {"POST": BODY},
    "items-adjust": {"POST": {"delta": -3}},
    "items-bulk": {
        "POST": [BODY],
        "PATCH": [{"id": ITEM["id"], "count": 20}],
        "DELETE": [ITEM["id"]],
    },
}
"""What a page's raw forms begin with, by route and method; that of an item begins with the item."""
# A page of the site's own says these. The rest is about what was sent, and stands in its page.
OWN_PAGES = {401, 403, 404, 405, 500, 503}
SHOWN_ID = re.compile(r"(&quot;id&quot;: &quot;)([0-9a-f-]{36})(?=&quot;)")


class BrowsableRenderer(BrowsableAPIRenderer):
    """DRF's, for items."""

    template = "items/browsable.html"

    def shows_error(self, method: str, status: int) -> bool:
        """Tell whether an error stands in the page, beside what was typed."""
        return status not in OWN_PAGES or (status == 503 and method not in SAFE_METHODS)

    def get_context(self, data: Any, accepted_media_type: Any, renderer_context: Any) -> Any:
        """Return what the template shows."""
        view, request, response = (
            renderer_context[name] for name in ("view", "request", "response")
        )
        self.page = request.resolver_match.url_name
        self.errors = data.get("errors", {}) if response.status_code >= 400 else {}
        self.refused = request.method if response.status_code >= 400 else None
        self.item = self._item(data, view, response.status_code)
        self.typed, self.sent = body_of(request) if self.refused else ({}, "")
        context = super().get_context(data, accepted_media_type, renderer_context)
        if response.status_code == 204:
            context |= {"post_form": None, "put_form": None, "delete_form": None}
        forms = [context[name] or () for name in ("filter_form", "post_form", "put_form")]
        beside = {control.name for form in forms for control in form if control.errors}
        return context | {
            "page": self.page,
            "item": self.item,
            "problem": data.get("detail", "") if self.refused else "",
            "faults": {name: text for name, text in self.errors.items() if name not in beside},
            "deleted": response.status_code == 204,
            "raw_forms": self._raw_forms(view) if response.status_code != 204 else [],
            "next_url": next_page(response),
            "first_url": request.path if "cursor" in request.query_params else "",
        }

    def get_content(self, *args: Any) -> str:
        """Return the JSON, in which each id leads to its item."""
        text = escape(super().get_content(*args))
        return mark_safe(SHOWN_ID.sub(_as_link, text))  # noqa: S308 - escaped above

    def get_breadcrumbs(self, request: Request) -> list[tuple[str, str]]:
        """Return the pages above, without the selection, which needs arguments."""
        found: list[tuple[str, str]] = super().get_breadcrumbs(request)
        selection = reverse("items-query")
        return [(name, url) for name, url in found if url == request.path or url != selection]

    def get_filter_form(self, data: Any, view: Any, request: Request) -> Any:
        """Return the fields of the filter."""
        fields = FILTERS[self.page].fields if self.page in FILTERS else {}
        typed = request.query_params
        errors = self.errors if request.method == "GET" else {}
        return [
            Control(field, typed.get(name, ""), "", errors.get(name, []))
            for name, field in fields.items()
            if name not in UNFILTERED
        ]

    def get_rendered_html_form(self, data: Any, view: Any, method: str, request: Request) -> Any:
        """Return the fields of a method's form; whether there is a button for DELETE."""
        if method == "OPTIONS" or self.page == "items-bulk":
            return None
        if method == "DELETE":
            return method in view.allowed_methods
        if method not in view.allowed_methods:
            return None
        return self._controls(view.get_serializer().fields, method)

    def get_raw_data_form(self, data: Any, view: Any, method: str, request: Request) -> None:
        """Return nothing: `raw_forms` takes its place."""

    def _controls(self, fields: Mapping[str, Any], method: str) -> list[Control]:
        again = self._is_again(method)
        typed = self.typed if again else {}
        stored = self.item if method == "PUT" else {}
        return [
            Control(
                field,
                as_text(typed.get(name, stored.get(name))),
                as_text(stored.get(name)),
                self.errors.get(name, []) if again else [],
            )
            for name, field in fields.items()
            # The address has it.
            if not (method == "PUT" and name == "id")
        ]

    def _raw_forms(self, view: Any) -> list[RawForm]:
        examples: dict[tuple[str, ...], Any] = {
            (method,): example
            for method, example in EXAMPLES.get(self.page, {}).items()
            if method in view.allowed_methods
        }
        if self.page == "items-detail":
            examples[("PUT", "PATCH")] = self.item
        return [
            RawForm(
                methods,
                self.sent
                if self._is_again(methods[0])
                else JSONRenderer().render(example, None, {"indent": 2}).decode(),
            )
            for methods, example in examples.items()
        ]

    def _is_again(self, method: str) -> bool:
        """Tell whether a form comes again, with what was refused in it."""
        return self.refused == method or (method == "PUT" and self.refused == "PATCH")

    def _item(self, data: Any, view: Any, status: int) -> dict[str, Any]:
        """Return the item that the page is about; empty where there is none."""
        if serializer := getattr(data, "serializer", None):
            return cast(dict[str, Any], serializer.instance)
        if self.page == "items-detail" and status not in (204, 503):
            with suppress(APIException, DatabaseError):
                return cast(dict[str, Any], view.get_object())
        return {}


class BrowsableMixin(GenericViewSet):
    """Answers a browser with pages; one with the forms where the API has no GET."""

    renderer_classes = (JSONRenderer, BrowsableRenderer)

    def http_method_not_allowed(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the page with the forms. Raises MethodNotAllowed."""
        renderer = request.accepted_renderer
        if request.method in ("GET", "HEAD") and isinstance(renderer, BrowsableRenderer):
            return self.form_page(request)
        return super().http_method_not_allowed(request, *args, **kwargs)

    def form_page(self, request: Request) -> HttpResponse:
        """Return the page with the forms."""
        return Response()


def body_of(request: Request) -> tuple[Mapping[str, Any], str]:
    """Return the members of a body that was refused, and its text, as far as it can be read."""
    members: Mapping[str, Any] = {}
    text = ""
    with suppress(APIException, BadRequest, SuspiciousOperation, UnreadablePostError):
        text = request.body.decode(errors="replace")
        members = request.data if isinstance(request.data, Mapping) else {}
    return members, text


def next_page(response: Any) -> str:
    """Return the address in the `Link` header; "" without one."""
    found = re.match("<([^>]*)>", response.get("Link", ""))
    return found[1] if found else ""


def _as_link(found: re.Match[str]) -> str:
    return f'{found[1]}<a href="{address_of(found[2])}">{found[2]}</a>'

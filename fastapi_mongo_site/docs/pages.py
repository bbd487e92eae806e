"""The OpenAPI document, the two pages that show it and a way in, and one for programs."""

import secrets
from functools import cache
from threading import Lock
from typing import Any

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularRedocView, SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from fastapi_mongo_site.http import headers
from fastapi_mongo_site.http.metadata import JSONMetadataMixin
from fastapi_mongo_site.http.renderers import JSONRenderer
from fastapi_mongo_site.http.views import ChallengeMixin

_one_at_a_time = Lock()


class BasicScheme(OpenApiAuthenticationExtension):
    """Describes the authentication of accounts, since drf-spectacular knows only DRF's classes."""

    target_class = "accounts.authentication.BasicAuthentication"
    name = "basicAuth"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return the OpenAPI security scheme."""
        return {"type": "http", "scheme": "basic"}


@cache
def _make_document() -> bytes:
    return JSONRenderer().render(SchemaGenerator().get_schema(request=None, public=True))


def openapi_document() -> bytes:
    """Return the OpenAPI document as JSON. It is made once, since its address is open to all."""
    # drf-spectacular's generator fails when two threads use it for the first time.
    with _one_at_a_time:
        return _make_document()


class SchemaView(APIView):
    """`GET /openapi.json`."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    renderer_classes = (JSONRenderer,)

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        """Return the OpenAPI document."""
        return HttpResponse(openapi_document(), content_type=JSONRenderer.media_type)


class ProgramsView(APIView):
    """`GET /llms.txt`: how a program uses the API, in the form of https://llmstxt.org/."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    renderer_classes = (JSONRenderer,)

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        """Return the page."""
        page = render_to_string("fastapi_mongo_site/llms.txt", {"name": settings.NAME})
        return HttpResponse(page, content_type="text/plain; charset=utf-8")


# Swagger UI and Redoc have icons in their style sheets.
WITH_ICONS = {**settings.SECURE_CSP, "img-src": ["'self'", "data:"]}


class SwaggerView(JSONMetadataMixin, SpectacularSwaggerSplitView):
    """`GET /docs`."""

    policy = headers.policy(WITH_ICONS)

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        """Return the page, or its script."""
        response: Response = super().get(request)  # type: ignore[no-untyped-call]
        response[headers.HEADER] = self.policy
        return response


class LoginView(ChallengeMixin):
    """`GET /docs/login`: brings the browser's own prompt, and leads back.

    The browser then sends the credentials with what is tried out, and the page never has them.
    """

    renderer_classes = (JSONRenderer,)
    schema = None

    def get(self, request: Request) -> HttpResponse:
        """Lead back to the page."""
        return HttpResponseRedirect(reverse("docs"))


class RedocView(JSONMetadataMixin, SpectacularRedocView):
    """`GET /redoc`."""

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        """Return the page; a nonce lets its script add the styles that it makes."""
        nonce = secrets.token_urlsafe()
        response: Response = super().get(request)  # type: ignore[no-untyped-call]
        response.data["nonce"] = nonce
        response[headers.HEADER] = headers.policy(
            {
                **WITH_ICONS,
                "style-src": ["'self'", f"'nonce-{nonce}'"],
                "worker-src": ["blob:"],  # the search
            }
        )
        return response

"""The start page, addresses that lead to others, and errors outside of the API's views."""

import shlex

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.templatetags.static import static
from django.urls import Resolver404, resolve, reverse
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.renderers import TemplateHTMLRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from fastapi_mongo_site.http.errors import problem_response, refusal
from fastapi_mongo_site.http.metadata import JSONMetadataMixin
from fastapi_mongo_site.http.renderers import JSONRenderer
from health.views import mongodb_answers


def message() -> dict[str, str]:
    """Return the contract's message."""
    return {"message": f"You are visiting: {settings.NAME} v{settings.VERSION}"}


class StartView(JSONMetadataMixin):
    """`GET /`: the contract's message for clients, a page for browsers."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    renderer_classes = (JSONRenderer, TemplateHTMLRenderer)
    template_name = "fastapi_mongo_site/start.html"

    @extend_schema(
        summary="Name and version",
        tags=["health"],
        auth=[],
        responses=OpenApiResponse(
            inline_serializer("Message", {"message": serializers.CharField()}),
            description="A page for browsers, JSON for all others",
            examples=[OpenApiExample("Name and version", message(), response_only=True)],
        ),
    )
    def get(self, request: Request) -> Response:
        """Tell which service this is."""
        if request.accepted_renderer.format == "html":
            return Response(
                {
                    "name": settings.NAME,
                    "version": settings.VERSION,
                    "status": mongodb_answers(),
                    "command": curl_command(request),
                }
            )
        return Response(message())


def curl_command(request: Request) -> str:
    """Return a line for a shell that reads items. curl asks for the password by itself."""
    url = request.build_absolute_uri(reverse("items-list"))
    return shlex.join(["curl", "-u", settings.SERVICE_USER, f"{url}?limit=3"])


def favicon(request: HttpRequest) -> HttpResponse:
    """Lead to the icon. Browsers ask here where an answer, such as JSON, names none."""
    return HttpResponsePermanentRedirect(static("fastapi_mongo_site/icon.svg"))


def without_slash(request: HttpRequest, path: str) -> HttpResponse:
    """Lead to the same address without the slash at its end, with the method and the body (308).

    It is the last route, so it costs nothing that exists. Raises Http404.
    """
    if {"", ".", ".."} & {*path.split("/")}:
        # A browser takes these for the way to another place.
        raise Http404
    try:
        resolve(f"/{path}")
    except Resolver404 as error:
        raise Http404 from error
    address, mark, query = request.get_full_path().partition("?")
    return HttpResponsePermanentRedirect(
        f"{address.removesuffix('/')}{mark}{query}", preserve_request=True
    )


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that Django refuses, for instance because of its Host header."""
    return problem_response(request, *refusal(exception))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that nobody may make."""
    return problem_response(request, 403, "Forbidden.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request for a path that does not exist."""
    return problem_response(request, 404, "Not found.")


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer an unexpected error; the traceback is in the log."""
    return problem_response(request, 500, "Internal server error.")

"""The health endpoint, in the contract's form."""

from typing import Any

from django.conf import settings
from django.db import Error
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.renderers import TemplateHTMLRenderer
from rest_framework.request import Request

from fastapi_mongo_site.http.metadata import JSONMetadataMixin
from fastapi_mongo_site.http.renderers import JSONRenderer
from fastapi_mongo_site.http.views import APIView, answer
from health import database


class Resource(serializers.Serializer[Any]):
    """Something that the service needs."""

    name = serializers.CharField()
    status = serializers.BooleanField()


class Health(serializers.Serializer[Any]):
    """The service and what it needs."""

    status = serializers.BooleanField()
    name = serializers.CharField()
    version = serializers.CharField()
    resources = Resource(many=True)


def report(status: bool) -> dict[str, Any]:
    """Return the body of `/health`."""
    return {
        "status": status,
        "name": settings.NAME,
        "version": settings.VERSION,
        "resources": [{"name": "MongoDb", "status": status}],
    }


def mongodb_answers() -> bool:
    """Tell whether MongoDB gives a document within HEALTH_TIMEOUT_MS."""
    try:
        database.check()
    except Error:
        return False
    return True


class HealthView(JSONMetadataMixin, APIView):
    """`GET /health`: JSON for clients, a page for browsers."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    renderer_classes = (JSONRenderer, TemplateHTMLRenderer)
    template_name = "health/health.html"

    @extend_schema(
        summary="Health of the service",
        tags=["health"],
        auth=[],
        responses={
            status: OpenApiResponse(
                Health,
                description=description,
                examples=[OpenApiExample(description, report(status == 200), response_only=True)],
            )
            for status, description in [(200, "Fine"), (503, "MongoDB does not answer")]
        },
    )
    def get(self, request: Request) -> HttpResponse:
        """Tell whether MongoDB answers: 200 if it does, else 503."""
        fine = mongodb_answers()
        status = 200 if fine else 503
        return answer(request, report(fine), status, {"Cache-Control": "no-store"})

"""The OpenAPI document: its security scheme and its address."""

from functools import cache
from http import HTTPStatus
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from fastapi_mongo_site.renderers import JSONRenderer


class BasicScheme(OpenApiAuthenticationExtension):
    """Tells drf-spectacular what accounts' authentication is; it knows DRF's classes alone."""

    target_class = "accounts.authentication.BasicAuthentication"
    name = "basicAuth"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return the OpenAPI security scheme."""
        return {"type": "http", "scheme": "basic"}


PROBLEM = {
    "type": "object",
    "description": "The members of RFC 9457.",
    "properties": {
        "type": {"type": "string", "enum": ["about:blank"]},
        "title": {"type": "string", "description": "The status's phrase."},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
    },
    "required": ["type", "title", "status"],
}


def say_what_holds_everywhere(
    result: dict[str, Any], generator: Any, request: Any, public: bool
) -> dict[str, Any]:
    """Postprocess the document: what holds for every operation is said here, once.

    Bodies take no unknown field; one that may come with arguments instead is optional; any body
    may be too large, any URL malformed; and every error is there as a problem (RFC 9457) too.
    """
    schemas = result["components"]["schemas"]
    schemas["Problem"] = PROBLEM
    for path in result["paths"].values():
        for operation in path.values():
            responses = operation["responses"]
            if operation.get("security") != [{}] and "401" in responses:
                responses.setdefault("400", _error("The URL is malformed."))
            if body := operation.get("requestBody"):
                responses.setdefault("413", _error("The body is larger than this service accepts."))
                _close(schemas, body["content"]["application/json"]["schema"])
                if any(each["in"] == "query" for each in operation.get("parameters", ())):
                    body["required"] = False
            for status, response in responses.items():
                plain = response.get("content", {}).get("application/json")
                if status >= "400" and plain and "detail" in str(plain.get("examples")):
                    both = {"allOf": [plain["schema"], {"$ref": "#/components/schemas/Problem"}]}
                    members = {
                        "type": "about:blank",
                        "title": HTTPStatus(int(status)).phrase,
                        "status": int(status),
                    }
                    examples = {
                        name: {**example, "value": members | example["value"]}
                        for name, example in plain["examples"].items()
                    }
                    content = {"schema": both, "examples": examples}
                    response["content"]["application/problem+json"] = content
    return result


def _error(sentence: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Detail"}
    examples = {"Error": {"value": {"detail": sentence}, "summary": sentence}}
    content = {"application/json": {"schema": schema, "examples": examples}}
    return {"content": content, "description": sentence}


def _close(schemas: dict[str, Any], schema: dict[str, Any]) -> None:
    """Let a body's schema, or that of its parts, have no other member."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    if "properties" in schema:
        schema["additionalProperties"] = False
    for part in [*schema.get("properties", {}).values(), schema.get("items")]:
        if part:
            _close(schemas, part)


@cache
def openapi_document() -> dict[str, Any]:
    """Return the OpenAPI document; made once, as an open address must cost little."""
    document: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return document


class SchemaView(APIView):
    """`GET /openapi.json`."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    renderer_classes = (JSONRenderer,)

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        """Return the OpenAPI document."""
        return Response(openapi_document())

"""How operations are described in the OpenAPI document."""

from http import HTTPStatus
from typing import Any

from drf_spectacular import openapi
from drf_spectacular.plumbing import build_examples_list, build_media_type_object


class AutoSchema(openapi.AutoSchema):
    """drf-spectacular's, with the body of a DELETE that declares one as schemas by media type."""

    def get_request_serializer(self) -> Any:
        """Return what the body is; of a DELETE nothing, unless `extend_schema()` declares it."""
        return None if self.method == "DELETE" else super().get_request_serializer()

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        """Return the OpenAPI operation; the arguments are drf-spectacular's own."""
        operation: Any = super().get_operation(*args, **kwargs)
        if operation and self.method == "DELETE" and (body := self.get_request_serializer()):
            examples = build_examples_list([e for e in self.get_examples() if e.request_only])
            operation["requestBody"] = {
                "content": {
                    media_type: build_media_type_object(schema, examples)
                    for media_type, schema in body.items()
                },
                "required": True,
            }
        return operation


RETRY_AFTER = {
    "description": "Seconds to wait.",
    "schema": {"type": "integer"},
    "examples": {"Wait": {"value": 5}},
}
CHALLENGE = {
    "description": "The scheme of RFC 7617.",
    "schema": {"type": "string"},
    "examples": {"Basic": {"value": 'Basic realm="Items", charset="UTF-8"'}},
}
FOREIGN = (
    "A page of https://example.com may not change anything at http://127.0.0.1:8000. "
    "To allow it, list its origin in CORS_ALLOWED_ORIGINS."
)
REQUEST_ID = {
    "description": "The request's, or one made for it; it stands in the logs.",
    "schema": {"type": "string"},
    "examples": {"Made here": {"value": "37ea545d983d43a687fcfe09a8f3a729"}},
}
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

    A body takes no unknown field, and is optional where arguments may come instead. Text of a
    limited length has no NUL. Any body may be too large, and any URL malformed. What changes
    something refuses pages of other sites (403). Every error has the form of RFC 9457 too.
    """
    schemas = result["components"]["schemas"]
    _have_no_nul(result)
    schemas["Problem"] = PROBLEM
    for path in result["paths"].values():
        for method, operation in path.items():
            responses = operation["responses"]
            if "401" in responses:
                _add_refusals(method, responses)
            if body := operation.get("requestBody"):
                responses.setdefault("413", _error("The body is larger than this service accepts."))
                _close(schemas, body["content"]["application/json"]["schema"])
                if any(each["in"] == "query" for each in operation.get("parameters", ())):
                    body["required"] = False
            for status, response in responses.items():
                _add_header(response, "X-Request-ID", REQUEST_ID)
                _add_problem(status, response)
    return result


def _add_refusals(method: str, responses: dict[str, Any]) -> None:
    """Add the errors that any operation with credentials may answer."""
    responses.setdefault("400", _error("The URL is malformed."))
    if method != "get":
        responses["403"] = _error(FOREIGN)
    _add_header(responses["401"], "WWW-Authenticate", CHALLENGE)
    _add_header(responses["503"], "Retry-After", RETRY_AFTER)


def _add_problem(status: str, response: dict[str, Any]) -> None:
    """Add the form of RFC 9457 to an error."""
    plain = response.get("content", {}).get("application/json")
    if not (status >= "400" and plain and "detail" in str(plain.get("examples"))):
        return
    members = {
        "type": "about:blank",
        "title": HTTPStatus(int(status)).phrase,
        "status": int(status),
    }
    response["content"]["application/problem+json"] = {
        "schema": {"allOf": [plain["schema"], {"$ref": "#/components/schemas/Problem"}]},
        "examples": {
            name: {**example, "value": members | example["value"]}
            for name, example in plain["examples"].items()
        },
    }


def _error(sentence: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Detail"}
    examples = {"Error": {"value": {"detail": sentence}, "summary": sentence}}
    content = {"application/json": {"schema": schema, "examples": examples}}
    return {"content": content, "description": sentence}


def _add_header(response: dict[str, Any], name: str, header: dict[str, Any]) -> None:
    response.setdefault("headers", {})[name] = header


def _close(schemas: dict[str, Any], schema: dict[str, Any]) -> None:
    """Let a body's schema, or that of its parts, have no other member."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    if "properties" in schema:
        schema["additionalProperties"] = False
    for part in [*schema.get("properties", {}).values(), schema.get("items")]:
        if part:
            _close(schemas, part)


def _have_no_nul(part: Any) -> None:
    """Say that no text of limited length may hold a NUL, which DRF refuses."""
    if isinstance(part, dict):
        if part.get("type") == "string" and "maxLength" in part:
            part.setdefault("pattern", r"^[^\x00]*$")
        part = list(part.values())
    if isinstance(part, list):
        for each in part:
            _have_no_nul(each)

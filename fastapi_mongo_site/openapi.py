"""How operations are described in the OpenAPI document."""

from typing import Any

from drf_spectacular import openapi


class AutoSchema(openapi.AutoSchema):
    """drf-spectacular's, with the body of a DELETE that declares one: it describes none."""

    def get_request_serializer(self) -> Any:
        """Return what the body is; of a DELETE nothing, unless extend_schema() declares it."""
        return None if self.method == "DELETE" else super().get_request_serializer()

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        """Return the OpenAPI operation; the arguments are drf-spectacular's own."""
        operation: Any = super().get_operation(*args, **kwargs)
        if operation and self.method == "DELETE" and self.get_request_serializer():
            self.method = "POST"
            body: Any = self._get_request_body()  # type: ignore[no-untyped-call]
            operation["requestBody"] = {**body, "required": True}
            self.method = "DELETE"
        return operation

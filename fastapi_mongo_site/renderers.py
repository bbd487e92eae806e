"""The JSON renderer."""

from collections.abc import Mapping
from typing import Any

import orjson
from rest_framework.renderers import BaseRenderer


class JSONRenderer(BaseRenderer):
    """Renders JSON with orjson; a value that JSON does not know is shown as text."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Return the body; nothing for an answer without content."""
        if data is None:
            return b""
        context = renderer_context or {}
        # The browsable API asks for JSON to read, a client for JSON to parse.
        option = orjson.OPT_INDENT_2 if "indent" in context else 0
        return orjson.dumps(data, default=str, option=option)

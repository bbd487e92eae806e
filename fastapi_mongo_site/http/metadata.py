"""What DRF tells of a view in answer to OPTIONS: its name, and the formats it takes and gives."""

from typing import Any

from rest_framework import views
from rest_framework.response import Response

from fastapi_mongo_site.http.renderers import JSONRenderer


class JSONMetadataMixin(views.APIView):
    """For a view whose page has a template, which shows something else than this."""

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Return the view's metadata as JSON, to a browser too."""
        request.accepted_renderer = JSONRenderer()
        request.accepted_media_type = JSONRenderer.media_type
        return super().options(request, *args, **kwargs)

"""Content negotiation that never refuses."""

from collections.abc import Iterable
from functools import lru_cache

from django.http import HttpRequest
from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

MAX_REMEMBERED_HEADERS = 256
# Browsers send some 140.
MAX_REMEMBERED_CHARACTERS = 256


class LenientNegotiation(DefaultContentNegotiation):
    """DRF's, which here takes the first renderer (JSON) where it would answer 406.

    The original ignores the Accept header, so its clients may send anything. RFC 9110 section
    12.5.1 allows both.
    """

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        """Return the renderer that the client prefers and its media type.

        Only the Accept header counts: no route here has the format in its path or arguments.
        """
        renderers = list(renderers)
        accept = request.META.get("HTTP_ACCEPT", "*/*")
        choose = _chosen if len(accept) <= MAX_REMEMBERED_CHARACTERS else _chosen.__wrapped__
        index, media_type = choose(accept, tuple(type(renderer) for renderer in renderers))
        return renderers[index], media_type


@lru_cache(MAX_REMEMBERED_HEADERS)
def _chosen(accept: str, classes: tuple[type[BaseRenderer], ...]) -> tuple[int, str]:
    """Return which of the renderers an Accept header chooses, and the media type.

    The result is cached: finding it takes a tenth of a request, and few clients change theirs.
    Classes stand for the renderers, as none takes arguments.
    """
    request = HttpRequest()
    request.META["HTTP_ACCEPT"] = accept
    renderers = [renderer() for renderer in classes]
    try:
        chosen, media_type = DefaultContentNegotiation().select_renderer(
            Request(request), renderers
        )
    except NotAcceptable:
        return 0, renderers[0].media_type
    return renderers.index(chosen), media_type

"""The service's routes, and a constant answer with and without authentication."""

from django.urls import include, path
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from fastapi_mongo_site.http.renderers import JSONRenderer


class Constant(APIView):
    """Asks for credentials and does nothing else."""

    renderer_classes = (JSONRenderer,)

    def get(self, request: Request) -> Response:
        """Return what never changes."""
        return Response({"message": "constant"})


class OpenConstant(Constant):
    """The same without authentication."""

    authentication_classes = ()
    permission_classes = (AllowAny,)


urlpatterns = [
    path("constant", Constant.as_view()),
    path("open-constant", OpenConstant.as_view()),
    path("", include("fastapi_mongo_site.urls")),
]

"""The routes of the items API; with and without the slash are two resources."""

from django.urls import path

from items.bulk import BulkViewSet
from items.serializers import AdjustmentSerializer
from items.views import ItemViewSet

app_name = "items"

urlpatterns = [
    path(
        "items", ItemViewSet.as_view({"get": "list", "post": "create"}, suffix="List"), name="list"
    ),
    path("items/", ItemViewSet.as_view({"get": "query"}, suffix="Selection"), name="query"),
    path(
        "items/bulk",
        BulkViewSet.as_view({"post": "create", "patch": "partial_update", "delete": "destroy"}),
        name="bulk",
    ),
    path(
        "items/<str:id>",
        ItemViewSet.as_view(
            {
                "get": "retrieve",
                "put": "update",
                "patch": "partial_update",
                "delete": "destroy",
            }
        ),
        name="detail",
    ),
    path(
        "items/<str:id>/adjust",
        ItemViewSet.as_view(
            {"post": "adjust"}, serializer_class=AdjustmentSerializer, suffix="Adjustment"
        ),
        name="adjust",
    ),
]

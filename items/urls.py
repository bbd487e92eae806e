"""The routes of the items API; with and without the slash are two resources."""

from django.urls import path

from items.bulk import BulkViewSet
from items.serializers import AdjustmentSerializer
from items.views import ItemViewSet

urlpatterns = [
    path(
        "v1/items",
        ItemViewSet.as_view({"get": "list", "post": "create"}, suffix="List"),
        name="items-list",
    ),
    path(
        "v1/items/", ItemViewSet.as_view({"get": "query"}, suffix="Selection"), name="items-query"
    ),
    path(
        "v1/items/bulk",
        BulkViewSet.as_view({"post": "create", "patch": "partial_update", "delete": "destroy"}),
        name="items-bulk",
    ),
    path(
        "v1/items/<str:id>",
        ItemViewSet.as_view(
            {
                "get": "retrieve",
                "put": "update",
                "patch": "partial_update",
                "delete": "destroy",
            }
        ),
        name="items-detail",
    ),
    path(
        "v1/items/<str:id>/adjust",
        ItemViewSet.as_view(
            {"post": "adjust"}, serializer_class=AdjustmentSerializer, suffix="Adjustment"
        ),
        name="items-adjust",
    ),
]

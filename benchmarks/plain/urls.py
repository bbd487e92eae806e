"""The items as DRF's tutorial writes them."""

from rest_framework import routers, serializers, viewsets

from items.models import Item


class ItemSerializer(serializers.ModelSerializer):
    """Every field of the model."""

    class Meta:
        """What it is about."""

        model = Item
        fields = ("id", "name", "category", "count", "price")


class ItemViewSet(viewsets.ModelViewSet):
    """All that a model can do."""

    queryset = Item.objects.order_by("id")
    serializer_class = ItemSerializer


router = routers.SimpleRouter(trailing_slash=False)
router.register("v1/items", ItemViewSet)
urlpatterns = router.urls

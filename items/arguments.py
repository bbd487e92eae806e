"""What the API takes in a URL."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.viewsets import ViewSetMixin

from fastapi_mongo_site.http.request import check_query_string
from items.fields import CountArgument, FlagArgument, NameField, PriceBound
from items.finding import ORDERINGS, Listing
from items.limits import (
    DEFAULT_PAGE_ITEMS,
    MAX_COUNT,
    MAX_NAME_CHARACTERS,
    MAX_PAGE_ITEMS,
    PRICE_LIMIT_EURO,
)
from items.models import Item
from items.pagination import read_cursor
from items.serializers import ARGUMENT_CLASSES, OPTIONAL, StrictSerializer
from items.transfer.exports import EXPORTS

LIST_OPTIONS = ("ordering", "limit", "cursor", "total", "format")
"""The arguments of the list that say how it comes; the others say which items are in it."""


class ArgumentSerializer(StrictSerializer):
    """The arguments of a URL: each at most once, and none that is unknown."""

    unknown_message = "Unknown argument."

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return the validated values of a QueryDict. Raises ValidationError."""
        if repeated := [name for name, values in data.lists() if len(values) > 1]:
            raise serializers.ValidationError({name: ["Given twice."] for name in repeated})
        return super().to_internal_value(data.dict())


class ChangeArguments(ArgumentSerializer, serializers.ModelSerializer[Any]):
    """`PUT /v1/items/{id}?…`: the fields to change."""

    serializer_field_mapping = ARGUMENT_CLASSES

    class Meta:
        """The fields that the original changes this way."""

        model = Item
        fields: tuple[str, ...] = ("name", "count", "price")
        extra_kwargs = OPTIONAL


class SelectArguments(ChangeArguments):
    """`GET /v1/items/?…`: what the fields must equal."""

    class Meta(ChangeArguments.Meta):
        """The fields that the original selects by, in the order in which it shows them."""

        fields: tuple[str, ...] = ("name", "count", "price", "category")


def count_bound(text: str) -> CountArgument:
    """Return a bound on the count."""
    return CountArgument(required=False, min_value=0, max_value=MAX_COUNT, help_text=text)


def price_bound(text: str) -> PriceBound:
    """Return a bound on the price."""
    return PriceBound(required=False, min_value=0, max_value=PRICE_LIMIT_EURO, help_text=text)


class ListArguments(SelectArguments):
    """`GET /v1/items`: which items, in what order, and which page or format of them."""

    search = NameField(
        required=False,
        max_length=MAX_NAME_CHARACTERS,
        help_text="Text within the name, in any case.",
    )
    count__gte = count_bound("The least count.")
    count__lte = count_bound("The greatest count.")
    price__gte = price_bound("The lowest price.")
    price__lte = price_bound("The highest price.")
    ordering = serializers.ChoiceField(
        ORDERINGS,
        default="id",
        help_text="The field to order by, `-` for the greatest first. Equal items are in the "
        "order of their ids, names compare without regard to case and accents.",
    )
    limit = CountArgument(
        required=False,
        min_value=1,
        max_value=MAX_PAGE_ITEMS,
        help_text=f"Items on a page, {DEFAULT_PAGE_ITEMS} unless given.",
    )
    cursor = serializers.CharField(
        required=False, help_text="Where the page starts; take it from the `Link` header."
    )
    total = FlagArgument(
        default=False, help_text="Whether `X-Total-Count` tells how many items there are in all."
    )
    format = serializers.ChoiceField(
        ["json", *EXPORTS],
        required=False,
        help_text="Goes before the `Accept` header. `csv` and `ndjson` give all items at once.",
    )

    class Meta(SelectArguments.Meta):
        """The arguments in the order in which the documentation shows them."""

        fields = (
            *("name", "search", "category"),
            *("count", "count__gte", "count__lte", "price", "price__gte", "price__lte"),
            *LIST_OPTIONS,
        )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the `listing`, the position to start `after`, and the other arguments."""
        conditions = {
            name: float(value) if name.startswith("price") else value
            for name, value in attrs.items()
            if name not in LIST_OPTIONS
        }
        listing = Listing(conditions, attrs["ordering"])
        after = None
        if "cursor" in attrs:
            try:
                after = read_cursor(listing, attrs["cursor"])
            except ValueError as error:
                raise serializers.ValidationError(
                    {"cursor": ["Not a cursor that this service gave out for this list."]}
                ) from error
        return {**attrs, "listing": listing, "after": after}


# Made once, as those in items.serializers.
NO_ARGUMENTS = ArgumentSerializer()
CHANGE_ARGUMENTS = ChangeArguments()
SELECT_ARGUMENTS = SelectArguments()
LIST_ARGUMENTS = ListArguments()


class ArgumentsMixin(ViewSetMixin):
    """Refuses a malformed query string, and any argument of an action that takes none."""

    with_arguments: frozenset[str] = frozenset()
    """The actions that validate arguments of their own."""

    def check_request(self, request: Request) -> None:
        """Refuse a request before its action sees it. Raises BadRequest, ValidationError."""
        if not (query_string := request.META["QUERY_STRING"]):
            return
        check_query_string(query_string)
        if self.action in {*self.action_map.values()} - self.with_arguments:
            NO_ARGUMENTS.run_validation(request.query_params)

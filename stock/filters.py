"""Which items the stock page shows, in what order, and from where on: all that its URL says."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.http import QueryDict
from django.utils.http import urlencode
from rest_framework import serializers

from items.arguments import ArgumentSerializer
from items.fields import CountArgument, NameField
from items.finding import Listing, Position
from items.limits import MAX_COUNT, MAX_NAME_CHARACTERS
from items.models import Category
from items.pagination import read_cursor

SORTED = ("name", "count", "price")
"""The columns by which an index orders."""


class FilterArguments(ArgumentSerializer):
    """The arguments of `/stock`. A form sends those that are left empty, too."""

    search = NameField(required=False, max_length=MAX_NAME_CHARACTERS)
    category = serializers.ChoiceField(Category.choices, required=False)
    below = CountArgument(required=False, min_value=1, max_value=MAX_COUNT)
    ordering = serializers.ChoiceField(
        [sign + field for field in SORTED for sign in ("", "-")], required=False
    )
    after = serializers.CharField(required=False)
    before = serializers.CharField(required=False)


FILTER_ARGUMENTS = FilterArguments()


@dataclass(frozen=True)
class Filter:
    """What one URL of the page stands for. `values` are its arguments, without those of a place."""

    values: Mapping[str, Any]
    after: Position | None = None
    before: Position | None = None

    @classmethod
    def of(cls, query: QueryDict) -> "Filter":
        """Read the arguments of a URL. Raises ValidationError naming each that is wrong."""
        given = query.copy()
        for name, value in query.items():
            if not value:
                del given[name]
        values = FILTER_ARGUMENTS.run_validation(given)
        cursors = {name: values.pop(name) for name in ("after", "before") if name in values}
        found = cls(values)
        if values.get("ordering", "") and found.ordering != values["ordering"]:
            raise serializers.ValidationError(
                {"ordering": ["Items below a count are in the order of their counts."]}
            )
        listings = {"after": found.listing, "before": found.reverse}
        try:
            places: Any = {n: read_cursor(listings[n], text) for n, text in cursors.items()}
        except ValueError as error:
            message = "Not a place in this list. Begin again at its first page."
            raise serializers.ValidationError({next(iter(cursors)): [message]}) from error
        return replace(found, **places)

    @property
    def sortable(self) -> tuple[str, ...]:
        """The columns that can order this list without reading all of it."""
        return ("count",) if "below" in self.values else SORTED

    @property
    def ordering(self) -> str:
        """The order, which is the one asked for if an index has it."""
        asked: str = self.values.get("ordering", self.sortable[0])
        return asked if asked.removeprefix("-") in self.sortable else self.sortable[0]

    @property
    def listing(self) -> Listing:
        """The list of items."""
        return self._listing(self.ordering)

    @property
    def reverse(self) -> Listing:
        """The same list, from its end."""
        forwards = self.ordering.removeprefix("-")
        return self._listing(forwards if forwards != self.ordering else f"-{forwards}")

    def query(self, **changes: Any) -> str:
        """Return the query string of this filter with changes; None takes an argument away."""
        values = {**self.values, **changes}
        return urlencode({name: value for name, value in values.items() if value is not None})

    def export_query(self) -> str:
        """Return the query string with which the API exports the same list."""
        conditions = {**self.listing.conditions, "ordering": self.ordering, "format": "csv"}
        return urlencode(conditions)

    def _listing(self, ordering: str) -> Listing:
        conditions = {
            name: self.values[name] for name in ("search", "category") if name in self.values
        }
        if "below" in self.values:
            conditions["count__lte"] = self.values["below"] - 1
        return Listing(conditions, ordering)

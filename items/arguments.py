"""The check of the URL that every request for items goes through."""

from typing import Any

from rest_framework.request import Request
from rest_framework.viewsets import ViewSetMixin

from fastapi_mongo_site.http.request import check_query_string
from items.serializers import ArgumentSerializer

NO_ARGUMENTS = ArgumentSerializer()


class ArgumentsMixin(ViewSetMixin):
    """Refuses a malformed query string, and any argument of an action that takes none."""

    with_arguments: frozenset[str] = frozenset()
    """The actions that validate arguments of their own."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse a request before its action sees it. Raises BadRequest, ValidationError."""
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        if not (query_string := request.META["QUERY_STRING"]):
            return
        check_query_string(query_string)
        if self.action in {*self.action_map.values()} - self.with_arguments:
            NO_ARGUMENTS.run_validation(request.query_params)

"""Errors as the contract words them: `detail`, and `errors` for each field at fault."""

import logging
from typing import Any

from django.db import OperationalError
from rest_framework import exceptions, views
from rest_framework.response import Response

from fastapi_mongo_site.exceptions import DatabaseUnavailable

logger = logging.getLogger(__name__)


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return the answer to an exception raised in a view; None lets it become a 500."""
    if isinstance(error, OperationalError):
        logger.warning("503: %s", error)
        error = DatabaseUnavailable()
    if isinstance(error, exceptions.NotAuthenticated):
        error.detail = exceptions._get_error_details("Not authenticated", error.default_code)
    response = views.exception_handler(error, context)
    if response is not None and isinstance(error, exceptions.ValidationError):
        response.data = _validation_answer(error.detail)
    return response


def _validation_answer(detail: Any) -> dict[str, Any]:
    """Return the body for a ValidationError: a sentence, and the messages of each field."""
    if not isinstance(detail, dict):
        return {"detail": " ".join(str(message) for message in detail)}
    general = detail.get("non_field_errors")
    errors = {name: messages for name, messages in detail.items() if name != "non_field_errors"}
    if general and not errors:
        return {"detail": " ".join(str(message) for message in general)}
    return {"detail": f"Not valid: {', '.join(errors)}.", "errors": errors}

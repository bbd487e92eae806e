"""Keyset pagination: a page starts behind the last id of the page before.

Unlike an offset it stays right while others insert and delete, and MongoDB serves every page
from the index on `_id` at the same cost. The next page's address is in the `Link` header
(RFC 8288), as the body is a bare array.
"""

import base64
import binascii

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000


class CursorField(serializers.CharField):
    """The opaque mark of a place in the list; validated into the id that stands before it."""

    default_error_messages = {"invalid": "Not a cursor that this service gave out."}

    def to_internal_value(self, data: str) -> str:
        """Return the id. Raises ValidationError for anything that is no cursor."""
        try:
            return base64.b64decode(data.encode("ascii"), altchars=b"-_", validate=True).decode()
        except (UnicodeError, binascii.Error):
            self.fail("invalid")


def cursor_after(item_id: str) -> str:
    """Return the cursor for the place behind an id."""
    return base64.urlsafe_b64encode(item_id.encode()).decode("ascii")


def next_link(request: Request, last_id: str) -> str:
    """Return the value of the `Link` header that leads behind `last_id`."""
    url = replace_query_param(request.build_absolute_uri(), "cursor", cursor_after(last_id))
    return f'<{url}>; rel="next"'

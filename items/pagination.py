"""Cursors, which mark a place in a list, and the `Link` header that leads to the next page.

A cursor is a position in BSON, which keeps integers, doubles and decimals apart. It is signed
together with the list that it belongs to, so that a client can neither make one nor use one in
another list. The next page's address is in the `Link` header (RFC 8288), as the body is a bare
array.
"""

import base64

import bson
from django.core.signing import BadSignature, Signer
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from items.finding import Listing, Position


def make_cursor(listing: Listing, position: Position) -> str:
    """Return the cursor for a position in a list."""
    content = base64.urlsafe_b64encode(bson.encode(position._asdict())).decode("ascii")
    return _signer(listing).sign(content)


def read_cursor(listing: Listing, cursor: str) -> Position:
    """Return the position of a cursor. Raises ValueError for one that is not of this list."""
    try:
        content = _signer(listing).unsign(cursor)
    except BadSignature as error:
        raise ValueError("not a cursor of this list") from error
    return Position(**bson.decode(base64.urlsafe_b64decode(content)))


def next_link(request: Request, cursor: str) -> str:
    """Return the value of the `Link` header that leads behind a cursor."""
    url = replace_query_param(request.build_absolute_uri(), "cursor", cursor)
    return f'<{url}>; rel="next"'


def _signer(listing: Listing) -> Signer:
    identity = [listing.ordering, *sorted(listing.conditions.items())]
    return Signer(salt=f"items.cursor:{identity!r}", sep=".")

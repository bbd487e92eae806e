"""Deleting an item, and having it back for ten seconds.

The page keeps what was deleted, whole and signed, so that any worker can restore it. An item that
is restored has all that it had: fields of others, and the idempotency keys of its adjustments.
"""

import base64
import zlib
from typing import Any

import bson
from django.core.signing import BadSignature, TimestampSigner

from items.models import Item

SECONDS = 10
GRACE_SECONDS = 5
"""For the way here."""


class TooLateError(Exception):
    """There is nothing to restore any more."""


def delete(item_id: str) -> tuple[dict[str, Any], str]:
    """Delete an item; return its document, and the text that restores it.

    Raises Item.DoesNotExist.
    """
    document = Item.objects.take(item_id)
    packed = base64.urlsafe_b64encode(zlib.compress(bson.encode(document))).decode("ascii")
    return document, _signer().sign(packed)


def restore(text: str) -> str:
    """Store a deleted item again; return its id.

    Raises TooLateError, IntegrityError when another item has its id.
    """
    try:
        packed = _signer().unsign(text, max_age=SECONDS + GRACE_SECONDS)
    except BadSignature as error:
        raise TooLateError from error
    document = bson.decode(zlib.decompress(base64.urlsafe_b64decode(packed)))
    Item.objects.put_back(document)
    item_id: str = document["_id"]
    return item_id


def _signer() -> TimestampSigner:
    # Made when it is needed: a start without the secret says so in its own words.
    return TimestampSigner(salt="stock.undo", sep=".")

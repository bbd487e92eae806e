"""ETags of items, and requests that depend on them (RFC 9110 sections 8.8.3 and 13).

An ETag is a hash of the stored fields. So every change gives another, also one by the original
service, and documents need no field for it.
"""

import re
from hashlib import blake2b

import bson
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from items.documents import COLUMNS, ItemData
from items.exceptions import PreconditionFailed

ETAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
# Empty elements are ignored (RFC 9110 section 5.6.1.2). The quantifiers are possessive, so that a
# long header is read once. Django's parse_etags() passes over what is malformed.
ETAG_LIST = re.compile(rf"\*|(?:{ETAG})?(?:[ \t]*+,[ \t]*+(?:{ETAG})?)*+")


def etag_of(item: ItemData) -> str:
    """Return the strong ETag of an item, quoted."""
    stored = bson.encode({name: item[name] for name in COLUMNS})
    return f'"{blake2b(stored, digest_size=16).hexdigest()}"'


class Conditions:
    """The `If-Match` and `If-None-Match` of a request; false when it has neither."""

    def __init__(self, request: Request) -> None:
        """Read the headers. Raises ValidationError naming one that is malformed."""
        sent = request.META
        self.match = _etags(sent.get("HTTP_IF_MATCH"), "If-Match")
        self.none_match = _etags(sent.get("HTTP_IF_NONE_MATCH"), "If-None-Match")

    def __bool__(self) -> bool:
        return self.match is not None or self.none_match is not None

    def check_match(self, etag: str) -> None:
        """Raise PreconditionFailed unless `If-Match` names the ETag; strong comparison."""
        if self.match is not None and not {etag, "*"} & set(self.match):
            raise PreconditionFailed

    def is_known(self, etag: str) -> bool:
        """Return whether `If-None-Match` names the ETag; weak comparison."""
        known = {tag.removeprefix("W/") for tag in self.none_match or ()}
        return bool({etag, "*"} & known)

    def check(self, etag: str) -> None:
        """Raise PreconditionFailed unless a change may go on."""
        self.check_match(etag)
        if self.is_known(etag):
            raise PreconditionFailed


def _etags(value: str | None, name: str) -> list[str] | None:
    if value is None:
        return None
    etags = ["*"] if value.strip() == "*" else re.findall(ETAG, value)
    if not (etags and ETAG_LIST.fullmatch(value.strip())):
        raise ValidationError({name: ['Must be "*" or a list of ETags in double quotes.']})
    return etags

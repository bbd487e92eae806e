"""The Authorization header of Basic authentication (RFC 7617)."""

import base64
import re
import unicodedata
from dataclasses import dataclass, field

# RFC 7617 section 2: neither part may hold a control character (RFC 5234's CTL).
CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f]")

# Far above any credential; a server takes headers of hundreds of kilobytes.
MAX_HEADER = 16_384
# A longer name is nobody's: NFKC makes one character of at most four, and User.username holds 150.
# It may also make 18 of one, which takes long for a long text.
MAX_NORMALIZED = 600


class MalformedHeaderError(ValueError):
    """The header announces Basic credentials and holds none that can be read."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client presents."""

    username: str
    password: str = field(repr=False)


def credentials_in(header: str) -> Credentials | None:
    """Return the credentials of an Authorization header; None when it is of another scheme.

    Reads UTF-8, and Latin-1 where the bytes are no UTF-8, as older clients send it. Several
    headers reach WSGI joined by a comma, which no base64 holds. Raises MalformedHeaderError.
    """
    scheme, *rest = header[: MAX_HEADER + 1].split() or [""]
    if scheme.lower() != "basic":
        return None
    if len(header) > MAX_HEADER:
        raise MalformedHeaderError
    try:
        (token,) = rest
        raw = base64.b64decode(token, validate=True)
    except ValueError as error:
        raise MalformedHeaderError from error
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    username, colon, password = text.partition(":")
    if not colon or CONTROL_CHARACTER.search(text):
        raise MalformedHeaderError
    if len(username) <= MAX_NORMALIZED:
        # As Django normalizes the names that it stores.
        username = unicodedata.normalize("NFKC", username)
    return Credentials(username, password)

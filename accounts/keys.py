"""Text as one string of bytes from which nothing else could have come."""


def length_prefixed(*parts: str) -> bytes:
    """Return the parts, each behind its length: ("ab", "c") differs from ("a", "bc")."""
    encoded = [part.encode() for part in parts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)

"""Everything the suite logged, or its services printed, searched for the passwords it used."""

import base64
import logging

TEXTS: list[str] = []
PASSWORDS: set[str] = set()
# Shorter ones ("wrong") are words that a message may hold.
SHORTEST = 8


class Collector(logging.Handler):
    """Keeps each record as a log would show it, tracebacks too."""

    def emit(self, record: logging.LogRecord) -> None:
        TEXTS.append(self.format(record) + repr(getattr(record, "audit", "")))


def leaked(texts: list[str]) -> list[str]:
    """The texts that hold a password, as it is or as a header carries it."""
    needles = []
    for password in PASSWORDS:
        if len(password) >= SHORTEST:
            raw = password.encode()
            # The middle of its base64, at each of the three ways it may be aligned.
            shifted = [base64.b64encode(b"x" * n + raw)[4:-4].decode() for n in range(3)]
            needles += [password, repr(password)[1:-1], *filter(None, shifted)]
    return [text for text in texts if any(needle in text for needle in needles)]

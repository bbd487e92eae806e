"""Searches what the suite logged, and what its services printed, for the passwords it used."""

import base64
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.conf import settings

from accounts import failed_logins
from fastapi_mongo_site.logs.lines import lines

TEXTS: list[str] = []
PASSWORDS: set[str] = set()
# A message may hold a shorter one ("wrong") as a word.
SHORTEST = 8


class Collector(logging.Handler):
    """Keeps each record as a log would show it, with its traceback."""

    def __init__(self, texts: list[str]) -> None:
        super().__init__()
        self.texts = texts

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(self.format(record) + repr(getattr(record, "facts", "")))


def leaked(texts: list[str], passwords: set[str] = PASSWORDS) -> list[str]:
    """The texts that hold a password, as it is or as a header carries it."""
    needles = []
    for password in passwords:
        if len(password) >= SHORTEST:
            raw = password.encode()
            # The middle of its base64, at each of the three ways it may be aligned.
            shifted = [base64.b64encode(b"x" * n + raw)[4:-4].decode() for n in range(3)]
            needles += [password, repr(password)[1:-1], *filter(None, shifted)]
    return [text for text in texts if any(needle in text for needle in needles)]


@contextmanager
def searched(texts: list[str], passwords: set[str]) -> Iterator[None]:
    """Add to the texts what is logged meanwhile; at the end fail if one holds a password."""
    collector = Collector(texts)
    logging.getLogger().addHandler(collector)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(collector)
    assert leaked(texts, passwords) == []


@pytest.fixture(scope="session", autouse=True)
def no_password_in_any_log() -> Iterator[None]:
    """Fail the run when one of its logs, or the output of a service, holds a password it used."""
    PASSWORDS.add(settings.SECRETS["service_pwd"].value)
    # The sums of failed logins come at the end, and not while pytest has no place for a line.
    failed_logins.SUM_SECONDS = 24 * 60 * 60
    # Those of requests and writes, which pass no handler.
    lines.send = lambda block: TEXTS.append(block.decode())
    with searched(TEXTS, PASSWORDS):
        yield
        failed_logins.failed_logins.tell()
        lines.flush()

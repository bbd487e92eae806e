"""pymongo's errors as Django's, so that callers need to know one set of exceptions."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import NoReturn

import pymongo
from bson.errors import BSONError
from django.db import (
    DatabaseError,
    DataError,
    IntegrityError,
    NotSupportedError,
    OperationalError,
)
from pymongo.errors import (
    BulkWriteError,
    ConfigurationError,
    ConnectionFailure,
    DuplicateKeyError,
    InvalidOperation,
    NetworkTimeout,
    NotPrimaryError,
    OperationFailure,
    PyMongoError,
    WriteConcernError,
)

from djongo_engine import work
from djongo_engine.breaker import breaker
from djongo_engine.instead import instead_of
from djongo_engine.server_errors import NOT_ALLOWED, RETRYABLE_LABELS, UNAVAILABLE, sentence_of

# https://www.mongodb.com/docs/manual/reference/error-codes/
DUPLICATE_KEY = 11000
MAX_TIME_MS_EXPIRED = 50
BAD_VALUE = 2


class TimeLimitExceeded(OperationalError):  # noqa: N818, a name in the style of django.db's
    """A command took longer than it may."""


class HintedIndexMissing(OperationalError):  # noqa: N818
    """There is no index of the name that a command hints at."""


class NotAllowed(OperationalError):  # noqa: N818
    """The server does not let the user of the connection string do this, or does not know it."""


class NoAnswer(OperationalError):  # noqa: N818
    """The server did not answer, or has not answered before and was not asked."""


def refuse(construct: str) -> NoReturn:
    """Raise NotSupportedError for a construct without a proven translation: what to write instead.

    The manager's `mongo_*` methods send any command.
    """
    sentences = [
        f"djongo_engine does not translate {construct}.",
        *filter(None, [instead_of(construct)]),
        "The manager's mongo_* methods (djongo.models.DjongoManager) send any command to MongoDB.",
    ]
    raise NotSupportedError(" ".join(sentences))


def as_django_error(error: Exception) -> Exception:
    """Return the django.db exception for an error of pymongo or bson, else the error itself."""
    message = sentence_of(error)
    if isinstance(error, BulkWriteError):
        return _of_rows(error)
    if isinstance(error, DuplicateKeyError):
        return IntegrityError(message)
    if isinstance(error, ConnectionFailure) and not isinstance(error, NotPrimaryError):
        return NoAnswer(message)
    if isinstance(error, (NotPrimaryError, ConfigurationError, WriteConcernError)):
        return OperationalError(message)
    if isinstance(error, OperationFailure) and error.code == MAX_TIME_MS_EXPIRED:
        return TimeLimitExceeded(message)
    if isinstance(error, PyMongoError) and error.timeout:
        return OperationalError(message)
    if isinstance(error, OperationFailure):
        if error.code == BAD_VALUE and "hint" in message:
            return HintedIndexMissing(message)
        if error.code in NOT_ALLOWED:
            return NotAllowed(message)
        passes = error.code in UNAVAILABLE or any(map(error.has_error_label, RETRYABLE_LABELS))
        return OperationalError(message) if passes else DatabaseError(message)
    if isinstance(error, InvalidOperation):
        return OperationalError(message)
    if isinstance(error, (BSONError, OverflowError, UnicodeEncodeError)):
        return DataError(message)
    if isinstance(error, PyMongoError):
        return DatabaseError(message)
    return error


def _of_rows(error: BulkWriteError) -> Exception:
    rows = error.details.get("writeErrors", [])
    codes = {row.get("code") for row in rows}
    if codes & UNAVAILABLE.keys() or error.details.get("writeConcernErrors"):
        return OperationalError(str(error))
    if DUPLICATE_KEY in codes:
        return IntegrityError(next(r["errmsg"] for r in rows if r["code"] == DUPLICATE_KEY))
    return DatabaseError(str(error))


class translate_errors:  # noqa: N801, a context manager is named as contextlib names its own
    """Context manager: an error of pymongo leaves it as the matching django.db exception.

    It raises NoAnswer at once while the breaker is open, and tells the breaker what goes wrong. The
    time within it is the database's: pymongo's own CommandListener measures each command, and
    takes 9 us for that, this 0.2.
    """

    __slots__ = ("_before", "_started", "_thread", "_work")

    def __enter__(self) -> None:
        """Raise NoAnswer if the server is known not to answer."""
        if breaker.is_open:
            raise NoAnswer("It did not answer before, and is not asked now.")
        self._work = work.current.get()
        if self._work is not None:
            self._before = self._work.database_seconds
        # None within another one.
        self._thread = None if (thread := threading.get_ident()) in work.threads else thread
        work.threads.add(thread)
        self._started = time.monotonic()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Raise the Django exception from the driver's."""
        seconds = time.monotonic() - self._started
        if self._thread is not None:
            work.threads.discard(self._thread)
        if self._work is not None:
            # One within another has counted already, for less than this one.
            self._work.database_seconds = self._before + seconds
        if seconds > breaker.slow_seconds:
            breaker.suspect()
        for observe in work.observers:
            observe(seconds, error if isinstance(error, Exception) else None)
        if isinstance(error, Exception) and (translated := as_django_error(error)) is not error:
            if isinstance(translated, NoAnswer):
                breaker.open(translated)
            elif type(translated) is DatabaseError:
                # A server whose disk is full, or gone, may call that an internal error.
                breaker.suspect()
            raise translated from error


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Bound the time that the reads within may take together, and translate their errors.

    They are to be those of djongo_engine.reads: what pymongo retries by itself it would repeat
    without a pause until the time is up.

    Raises TimeLimitExceeded, whether the server gives up (maxTimeMS) or the connection does:
    pymongo sets both limits to the same time, and either may win.
    """
    with translate_errors(), pymongo.timeout(seconds):
        try:
            yield
        except NetworkTimeout as error:
            raise TimeLimitExceeded(str(error)) from error

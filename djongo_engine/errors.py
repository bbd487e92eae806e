"""pymongo's errors as Django's, so that callers need to know one set of exceptions."""

import re
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
    OperationFailure,
    PyMongoError,
    WriteConcernError,
)

from djongo_engine.instead import instead_of

# https://www.mongodb.com/docs/manual/reference/error-codes/
DUPLICATE_KEY = 11000
MAX_TIME_MS_EXPIRED = 50
BAD_VALUE = 2
# A second try may succeed (those that pymongo does not raise as AutoReconnect, of the specification
# https://github.com/mongodb/specifications/blob/master/source/retryable-reads/retryable-reads.md).
RETRYABLE_CODES = {6, 7, 89, 134, 262, 9001}
# The server is there, but cannot serve now: the above, Unauthorized, AuthenticationFailed, and,
# when a new primary does not know what came of a command that is sent again,
# IncompleteTransactionHistory.
UNAVAILABLE_CODES = {*RETRYABLE_CODES, 13, 18, 217}
# The server said so, or makes no connection:
# https://github.com/mongodb/specifications/blob/master/source/client-backpressure/client-backpressure.md
OVERLOADED = "SystemOverloadedError"
UNAVAILABLE_LABELS = ("RetryableWriteError", OVERLOADED)


class TimeLimitExceeded(OperationalError):  # noqa: N818, a name in the style of django.db's
    """A command took longer than it may."""


class HintedIndexMissing(OperationalError):  # noqa: N818
    """There is no index of the name that a command hints at."""


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
    message = str(error) or type(error).__name__
    if isinstance(error, BulkWriteError):
        write_errors = error.details.get("writeErrors", [])
        for row in write_errors:
            if row.get("code") == DUPLICATE_KEY:
                return IntegrityError(row.get("errmsg", message))
        only_concern = not write_errors and error.details.get("writeConcernErrors")
        return OperationalError(message) if only_concern else DatabaseError(message)
    if isinstance(error, DuplicateKeyError):
        return IntegrityError(message)
    if isinstance(error, (ConnectionFailure, ConfigurationError, WriteConcernError)):
        # Without pymongo's list of timeouts and its picture of the topology.
        return OperationalError(re.split(r" \(configured timeouts|, Timeout: ", message)[0])
    if isinstance(error, OperationFailure) and error.code == MAX_TIME_MS_EXPIRED:
        return TimeLimitExceeded(message)
    if isinstance(error, PyMongoError) and error.timeout:
        return OperationalError(message)
    if isinstance(error, OperationFailure):
        if error.code == BAD_VALUE and "hint" in message:
            return HintedIndexMissing(message)
        unavailable = error.code in UNAVAILABLE_CODES or any(
            map(error.has_error_label, UNAVAILABLE_LABELS)
        )
        return OperationalError(message) if unavailable else DatabaseError(message)
    if isinstance(error, InvalidOperation):
        return OperationalError(message)
    if isinstance(error, (BSONError, OverflowError, UnicodeEncodeError)):
        return DataError(message)
    if isinstance(error, PyMongoError):
        return DatabaseError(message)
    return error


class TranslateErrors:
    """Context manager: an error of pymongo leaves it as the matching django.db exception."""

    __slots__ = ()

    def __enter__(self) -> None:
        """Nothing to set up."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Raise the Django exception from the driver's."""
        if isinstance(error, Exception) and (translated := as_django_error(error)) is not error:
            raise translated from error


translate_errors = TranslateErrors()


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Bound the time that the reads within may take together, and translate their errors.

    They are to be those of djongo_engine.reads: what pymongo retries by itself it would repeat
    without a pause until the time is up.

    Raises TimeLimitExceeded, whether the server gives up (maxTimeMS) or the connection does:
    pymongo sets both limits to the same time, and either may win.
    """
    with translate_errors, pymongo.timeout(seconds):
        try:
            yield
        except NetworkTimeout as error:
            raise TimeLimitExceeded(str(error)) from error

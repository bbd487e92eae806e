"""pymongo's errors as Django's, so that callers need to know one set of exceptions."""

import re
from types import TracebackType
from typing import NoReturn

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
    OperationFailure,
    PyMongoError,
    WriteConcernError,
)

DUPLICATE_KEY = 11000
# https://www.mongodb.com/docs/manual/reference/error-codes/: the server is there, but
# cannot serve now: MaxTimeMSExpired, Unauthorized, AuthenticationFailed, and, when a new primary
# does not know what came of a command that is sent again, IncompleteTransactionHistory.
UNAVAILABLE_CODES = {50, 13, 18, 217}


def refuse(construct: str) -> NoReturn:
    """Raise NotSupportedError for a construct that has no proven translation."""
    raise NotSupportedError(
        f"djongo_engine does not translate {construct}. Use the manager's mongo_* methods "
        "(djongo.models.DjongoManager) to send the command to MongoDB yourself."
    )


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
    if isinstance(error, PyMongoError) and error.timeout:
        return OperationalError(message)
    if isinstance(error, OperationFailure):
        unavailable = error.code in UNAVAILABLE_CODES
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

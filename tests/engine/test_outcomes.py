"""Whether a write that failed may have been done."""

import pytest
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    DuplicateKeyError,
    ExecutionTimeout,
    NetworkTimeout,
    NotPrimaryError,
    OperationFailure,
    ServerSelectionTimeoutError,
    WaitQueueTimeoutError,
    WTimeoutError,
)

from djongo_engine.errors import NoAnswer, as_django_error
from djongo_engine.outcomes import may_be_done


def refused_connection():
    error = AutoReconnect("[Errno 111] Connection refused")
    error.__cause__ = ConnectionRefusedError()
    return error


@pytest.mark.parametrize(
    ("error", "may_be"),
    [
        (NetworkTimeout("timed out"), True),
        (AutoReconnect("connection closed"), True),
        (refused_connection(), False),
        (ServerSelectionTimeoutError("No servers found yet"), False),
        (WaitQueueTimeoutError("No connection within 1 s"), False),
        (WTimeoutError("not by a majority", 64), True),
        (NotPrimaryError("stepped down", {"code": 189}), True),
        (NotPrimaryError("not primary", {"code": 10107}), False),
        (OperationFailure("interrupted", 11602), True),
        (OperationFailure("full", 14031), False),
        (ExecutionTimeout("too slow", 50), False),
        (DuplicateKeyError("taken", 11000), False),
        (BulkWriteError({"writeErrors": [], "writeConcernErrors": []}), False),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_error_tells(error, may_be):
    translated = as_django_error(error)
    translated.__cause__ = error
    assert may_be_done(translated) is may_be


def test_what_was_not_sent_was_not_done():
    assert not may_be_done(NoAnswer("It did not answer before, and is not asked now."))

"""Whether a write that failed may have been done all the same."""

from django.db import DatabaseError
from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    NotPrimaryError,
    ServerSelectionTimeoutError,
    WaitQueueTimeoutError,
    WriteConcernError,
)

from djongo_engine.server_errors import code_of

# Of a server that stops or steps down midway, or a gateway that lost the one behind it
# (https://www.mongodb.com/docs/manual/reference/error-codes/).
UNCERTAIN = {
    6: "HostUnreachable",
    64: "WriteConcernTimeout",
    89: "NetworkTimeout",
    91: "ShutdownInProgress",
    189: "PrimarySteppedDown",
    202: "NetworkInterfaceExceededTimeLimit",
    217: "IncompleteTransactionHistory",
    262: "ExceededTimeLimit",
    9001: "SocketException",
    11600: "InterruptedAtShutdown",
    11602: "InterruptedDueToReplStateChange",
}


def may_be_done(error: DatabaseError) -> bool:
    """Tell whether a command may have changed something, though it ended with this error.

    Not by the rows of a bulk write that the server has answered: its answer says which were done.
    """
    cause = error.__cause__
    if isinstance(cause, (ServerSelectionTimeoutError, WaitQueueTimeoutError, BulkWriteError)):
        return False
    if isinstance(cause, WriteConcernError):
        return True
    if isinstance(cause, ConnectionFailure) and not isinstance(cause, NotPrimaryError):
        # No connection could be made, so nothing was sent.
        return not isinstance(cause.__cause__, ConnectionRefusedError)
    return code_of(cause) in UNCERTAIN

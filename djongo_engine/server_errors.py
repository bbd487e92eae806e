"""The codes of errors of a MongoDB that is there and cannot serve now.

The names are those of https://www.mongodb.com/docs/manual/reference/error-codes/, the groups of the
driver specifications (https://github.com/mongodb/specifications, below `source/`).
"""

import re

from pymongo.errors import BulkWriteError, NotPrimaryError

# retryable-reads/retryable-reads.md: a second try may succeed.
RETRYABLE_READS = {
    6: "HostUnreachable",
    7: "HostNotFound",
    89: "NetworkTimeout",
    134: "ReadConcernMajorityNotAvailableYet",
    262: "ExceededTimeLimit",
    9001: "SocketException",
}

# server-discovery-and-monitoring/server-discovery-and-monitoring.md, "not writable primary" and
# "node is recovering". pymongo raises the first try's as NotPrimaryError.
NOT_PRIMARY = {
    91: "ShutdownInProgress",
    189: "PrimarySteppedDown",
    10058: "LegacyNotPrimary",
    10107: "NotWritablePrimary",
    11600: "InterruptedAtShutdown",
    11602: "InterruptedDueToReplStateChange",
    13435: "NotPrimaryNoSecondaryOk",
    13436: "NotPrimaryOrSecondary",
}

# The user of the connection string may not do it, or no longer exists.
NOT_ALLOWED = {
    13: "Unauthorized",
    18: "AuthenticationFailed",
}

# The manual's list; 217 is what a new primary says of a command that is sent again, and 391 and 462
# are in auth/auth.md and client-backpressure/client-backpressure.md.
PASSING = {
    24: "LockTimeout",
    43: "CursorNotFound",
    46: "LockBusy",
    50: "MaxTimeMSExpired",
    64: "WriteConcernTimeout",
    100: "UnsatisfiableWriteConcern",
    112: "WriteConflict",
    133: "FailedToSatisfyReadPreference",
    175: "QueryPlanKilled",
    202: "NetworkInterfaceExceededTimeLimit",
    217: "IncompleteTransactionHistory",
    237: "CursorKilled",
    391: "ReauthenticationRequired",
    462: "IngressRequestRateLimitExceeded",
    8000: "AtlasError",
    11601: "Interrupted",
    14031: "OutOfDiskSpace",
}

UNAVAILABLE = RETRYABLE_READS | NOT_PRIMARY | NOT_ALLOWED | PASSING

# What the server adds to errors of any code: retryable-writes/retryable-writes.md and
# client-backpressure/client-backpressure.md.
OVERLOADED = "SystemOverloadedError"
RETRYABLE_LABELS = ("RetryableWriteError", "RetryableError", OVERLOADED)


def sentence_of(error: Exception) -> str:
    """Return what an error says, without what pymongo adds to it.

    That is the list of timeouts, the picture of the topology, and the whole document of the answer.
    """
    message = str(error) or type(error).__name__
    return re.split(r" \(configured timeouts|, Timeout: |, full error: ", message)[0]


def code_of(error: BaseException | None) -> int | None:
    """Return the code that the server answered with; None without one.

    In bulk it is that of the first row that failed for now, else of the first that failed.
    """
    if isinstance(error, BulkWriteError):
        rows = error.details.get("writeErrors", []) + error.details.get("writeConcernErrors", [])
        codes = [row.get("code") for row in rows] or [None]
        code = next((code for code in codes if code in UNAVAILABLE), codes[0])
    elif isinstance(error, NotPrimaryError):
        code = dict(error.details).get("code")
    else:
        code = getattr(error, "code", None)
    return code if isinstance(code, int) else None

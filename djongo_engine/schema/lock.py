"""A lock in the database, for what must not run twice at once on several hosts."""

import datetime
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.db import OperationalError
from django.utils import timezone
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError, PyMongoError

from djongo_engine.errors import translate_errors

LOCKS = "__locks__"
LEASE = datetime.timedelta(seconds=10)
"""How long a holder that died keeps others waiting. Clocks may differ by less than this."""
RENEW_SECONDS = 3.0
RETRY_SECONDS = 0.2


class LockLostError(OperationalError):
    """Another process has the lock; the message says what to do."""


@contextmanager
def database_lock(
    database: Database[dict[str, Any]], name: str, on_wait: Callable[[str], None]
) -> Iterator[Callable[[], None]]:
    """Hold the lock `name` of this database; wait for whoever has it.

    `on_wait` is called once, with the name of the holder, when there is a wait. The lock is a
    lease that a thread renews, so that a holder that was killed cannot block for ever. Another
    process may take it from a holder that was held up, or whose renewals got lost, for longer than
    the lease. So call the function that this yields before each change: it renews the lease too,
    and raises LockLostError where another has taken it, django.db.Error where MongoDB does not say.
    """
    locks: Collection[dict[str, Any]] = database[LOCKS]
    owner = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
    with translate_errors():
        waited = False
        while not _take(locks, name, owner):
            if not waited:
                holder = locks.find_one({"_id": name}) or {}
                on_wait(str(holder.get("owner", "another process")))
                waited = True
            time.sleep(RETRY_SECONDS)

    def still_held() -> None:
        with translate_errors():
            if not _extend(locks, name, owner):
                raise LockLostError(
                    f"Another process took over the lock {name!r}, as this one did not renew it in "
                    "time. Let that process end, then run the same command again."
                )

    stopped = threading.Event()
    renewal = threading.Thread(target=_renew, args=(locks, name, owner, stopped), daemon=True)
    renewal.start()
    try:
        yield still_held
    finally:
        stopped.set()
        renewal.join()
        # A lease that cannot be given back ends by itself, and must not hide an earlier error.
        with suppress(PyMongoError):
            locks.delete_one({"_id": name, "owner": owner})


def _take(locks: Collection[dict[str, Any]], name: str, owner: str) -> bool:
    now = timezone.now()
    try:
        locks.update_one(
            {"_id": name, "expires": {"$lt": now}},
            {"$set": {"owner": owner, "expires": now + LEASE}},
            upsert=True,
        )
    except DuplicateKeyError:
        return False
    return True


def _extend(locks: Collection[dict[str, Any]], name: str, owner: str) -> bool:
    """Renew the lease; tell whether this owner still had it."""
    expires = timezone.now() + LEASE
    renewed = locks.update_one({"_id": name, "owner": owner}, {"$set": {"expires": expires}})
    return renewed.matched_count == 1


def _renew(
    locks: Collection[dict[str, Any]], name: str, owner: str, stopped: threading.Event
) -> None:
    """Renew the lease until it is given back, or lost: still_held() tells the holder that."""
    pause = RENEW_SECONDS
    while not stopped.wait(pause):
        try:
            if not _extend(locks, name, owner):
                return
            pause = RENEW_SECONDS
        except PyMongoError:
            # A wait for an answer and another whole pause may take longer than the lease.
            pause = RETRY_SECONDS

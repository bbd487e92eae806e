"""Failed logins, counted in MongoDB so that all workers and hosts share the counts.

An attempt is reserved before its password is hashed and settled afterwards, each by one atomic
command, so that the limits hold however many attempts run at once. A count lasts for WINDOW from
its first attempt; MongoDB removes it once it is over, some time within a minute.
"""

import datetime
import time
from typing import Any, NamedTuple

from django.db import IntegrityError
from django.utils import timezone
from django.utils.crypto import salted_hmac
from pymongo import ReturnDocument, UpdateOne

from accounts.keys import length_prefixed
from djongo_engine.errors import translate_errors
from djongo_engine.managers import PassThroughManager

WINDOW = datetime.timedelta(minutes=5)
PAIR_LIMIT = 10
ADDRESS_LIMIT = 50
# How long to wait for attempts that fill the limit but are not known to have failed.
PENDING_SECONDS = 1.0
POLL_SECONDS = 0.02


class Reservation(NamedTuple):
    """An attempt under way, as it stands in one count."""

    key: str
    limit: int
    window: datetime.datetime
    """The end of the window that it was made in."""


class LimitReachedError(Exception):
    """No further attempt may be made before `until`."""

    def __init__(self, key: str, until: datetime.datetime) -> None:
        super().__init__(key, until)
        self.key = key
        self.until = until


class LimitPendingError(Exception):
    """The limit is filled by attempts that are under way."""


def count_key(*parts: str) -> str:
    """Return the key of a count: no name, which may be a mistyped password, can be read there."""
    return salted_hmac("accounts.failures", length_prefixed(*parts), algorithm="sha256").hexdigest()


class FailureManager(PassThroughManager):
    """`FailureCount.objects`. Every method raises OperationalError when MongoDB is away."""

    def reserve(self, key: str, limit: int) -> Reservation:
        """Reserve an attempt.

        Raises LimitReachedError when `limit` attempts have failed, and LimitPendingError when
        attempts under way fill the limit for PENDING_SECONDS.
        """
        deadline = time.monotonic() + PENDING_SECONDS
        count = None
        while True:
            now = timezone.now()
            window = self._join(key, limit, now)
            if window is None and count is None:
                window = self._begin(key, now)
            if window is not None:
                return Reservation(key, limit, window)
            with translate_errors:
                count = self.mongo_find_one({"_id": key})
            if count and count["failures"] >= limit:
                raise LimitReachedError(key, count["expires"].replace(tzinfo=datetime.UTC))
            if time.monotonic() > deadline:
                raise LimitPendingError
            time.sleep(POLL_SECONDS)

    def _join(self, key: str, limit: int, now: datetime.datetime) -> datetime.datetime | None:
        """Add an attempt to a count that has room for it, in a new window if the last is over.

        Return the window's end, which may be by another host's clock. No upsert: of two at once
        SecantusDB adds both, and gives the second no document.
        """
        over = {"$lte": ["$expires", now]}
        update = {
            "attempts": {"$cond": [over, 1, {"$add": ["$attempts", 1]}]},
            "failures": {"$cond": [over, 0, "$failures"]},
            "locked": {"$cond": [over, False, "$locked"]},
            "expires": {"$cond": [over, now + WINDOW, "$expires"]},
        }
        room = [{"attempts": {"$lt": limit}}, {"expires": {"$lte": now}}]
        with translate_errors:
            count = self.mongo_find_one_and_update(
                {"_id": key, "$or": room},
                [{"$set": update}],
                return_document=ReturnDocument.AFTER,
            )
        return count["expires"].replace(tzinfo=datetime.UTC) if count else None

    def _begin(self, key: str, now: datetime.datetime) -> datetime.datetime | None:
        """Make a count with one attempt and return its window's end, unless there is a count."""
        expires = now + WINDOW
        count = {"_id": key, "attempts": 1, "failures": 0, "locked": False, "expires": expires}
        try:
            with translate_errors:
                self.mongo_insert_one(count)
        except IntegrityError:
            return None
        return expires

    def fail(self, reservation: Reservation) -> bool:
        """Confirm that a reserved attempt failed; tell whether this one reached the limit."""
        window = _window(reservation)
        full = {**window, "failures": {"$gte": reservation.limit}, "locked": False}
        with translate_errors:
            result = self.mongo_bulk_write(
                [
                    UpdateOne(window, {"$inc": {"failures": 1}}),
                    UpdateOne(full, {"$set": {"locked": True}}),
                ]
            )
        modified: int = result.modified_count
        return modified == 2

    def release(self, reservation: Reservation) -> None:
        """Take a reservation back: the attempt did not fail, or was not made."""
        with translate_errors:
            self.mongo_update_one(_window(reservation), {"$inc": {"attempts": -1}})

    def clear(self, key: str) -> int:
        """Remove a count; return how many failures it held."""
        with translate_errors:
            count = self.mongo_find_one_and_delete({"_id": key}) or {"failures": 0}
        failures: int = count["failures"]
        return failures


def _window(reservation: Reservation) -> dict[str, Any]:
    """Return the filter of the window an attempt was reserved in, and of no later one."""
    return {"_id": reservation.key, "expires": reservation.window}

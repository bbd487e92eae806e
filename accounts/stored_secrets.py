"""The secrets that may log in: read every few seconds, compared at every request."""

import datetime
import logging
import os
import threading
import time
from concurrent.futures import Future
from secrets import compare_digest
from typing import NamedTuple

from django.conf import settings
from django.db import OperationalError
from django.utils import timezone

from accounts.hashers import HASHER, is_accepted
from accounts.models import User

logger = logging.getLogger(__name__)


class StoredSecret(NamedTuple):
    """A user's secret, the current or the former one, taken apart once to be compared often."""

    user: User
    username: bytes
    salt: bytes
    digest: bytes
    until: datetime.datetime | None
    """When it ends; None: never."""

    def is_of(self, username: bytes, password: bytes) -> bool:
        """Tell whether both belong to it now; takes equally long whatever is wrong."""
        same_name = compare_digest(self.username, username)
        same_secret = compare_digest(self.digest, HASHER.digest(password, self.salt))
        return same_name & same_secret & (self.until is None or timezone.now() < self.until)


def _taken_apart(user: User, encoded: str, until: datetime.datetime | None) -> StoredSecret:
    # Somebody else may have stored less.
    _, salt, digest, *_ = f"{encoded}$$".split("$")
    return StoredSecret(user, user.username.encode(), salt.encode(), digest.encode(), until)


class Reading(NamedTuple):
    """What one reading of the accounts found, and when it began, on the monotonic clock."""

    began: float
    secrets: list[StoredSecret]

    def is_older_than(self, seconds: float) -> bool:
        """Tell whether it began longer ago than this."""
        return time.monotonic() - self.began > seconds


class StoredSecrets:
    """The latest reading; one a process, shared by its threads.

    A reading is good for AUTH_CACHE_SECONDS. Then one thread reads again, and the others go on
    with the reading before until it is twice as old. From then on all wait for the one that reads,
    and share what it gets, also an error: nobody waits for longer than one operation takes.
    """

    def __init__(self) -> None:
        self._begin_anew()
        os.register_at_fork(after_in_child=self._begin_anew)

    def _begin_anew(self) -> None:
        self._lock = threading.Lock()
        self._latest: Reading | None = None
        self._under_way: Future[Reading] | None = None
        self._has_warned = False

    def user_with(self, username: str, password: str) -> User | None:
        """Return the user whom both belong to, or None. Raises DatabaseError.

        Every stored secret is compared, whoever asks and whatever is wrong: the time tells nothing.
        """
        found = None
        given = username.encode(), password.encode()
        for stored in self._current().secrets:
            if stored.is_of(*given):
                found = stored.user
        return found

    def forget(self) -> None:
        """Read again before anybody logs in: this process has changed a user."""
        with self._lock:
            self._latest = self._under_way = None

    def _current(self) -> Reading:
        seconds = settings.AUTH_CACHE_SECONDS
        if not seconds:
            return self._read()
        with self._lock:
            latest, under_way = self._latest, self._under_way
            if latest and not latest.is_older_than(2 * seconds if under_way else seconds):
                return latest
            if reads_itself := under_way is None:
                under_way = self._under_way = Future()
        if reads_itself:
            self._read_for_all(under_way)
        reading = under_way.result()
        if reading.is_older_than(2 * seconds):
            raise OperationalError("The accounts took too long to read.")
        return reading

    def _read_for_all(self, under_way: Future[Reading]) -> None:
        try:
            under_way.set_result(self._read())
        except BaseException as error:
            under_way.set_exception(error)
        with self._lock:
            # If this process changed a user meanwhile, this reading may be older: drop it.
            if self._under_way is under_way:
                self._under_way = None
                if not under_way.exception():
                    self._latest = under_way.result()

    def _read(self) -> Reading:
        began, now = time.monotonic(), timezone.now()
        users = User.objects.filter(is_service_user=True)
        stored = [(user, *valid) for user in users for valid in user.valid_secrets(now)]
        accepted = [_taken_apart(*secret) for secret in stored if is_accepted(secret[1])]
        if not self._has_warned and (len(accepted) < len(stored) or not stored):
            self._has_warned = True
            logger.warning(
                "A service user is missing, or stored as an earlier version did, and cannot log "
                "in. Run manage.py seed_service_user."
            )
        return Reading(began, accepted)


stored_secrets = StoredSecrets()

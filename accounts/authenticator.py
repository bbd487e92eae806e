"""Who the credentials of a request belong to: cheap when they are known, counted when not."""

import datetime
import functools
import logging
import os
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from cachetools import TTLCache
from django.conf import settings
from django.db import OperationalError
from django.utils import timezone

from accounts import audit
from accounts.cache import CredentialCache
from accounts.credentials import Credentials
from accounts.exceptions import Busy, TooManyFailures
from accounts.failures import (
    ADDRESS_LIMIT,
    PAIR_LIMIT,
    LimitPendingError,
    LimitReachedError,
    Reservation,
    count_key,
)
from accounts.flights import SingleFlight
from accounts.hashing import UNUSABLE, Match, NoSlotError, PasswordHashing
from accounts.models import FailureCount, User

MAX_LIMITED = 4096
SUSPECT_SECONDS = 60.0


class Authenticator:
    """Decides about credentials; one a process, shared by its threads."""

    def __init__(self) -> None:
        self.cache = CredentialCache(settings.AUTH_CACHE_SECONDS)
        self._hashing = PasswordHashing(max(1, settings.THREADS // 8))
        # Those that wait for a hash may not be all threads there are.
        self._places = max(1, settings.THREADS // 2)
        self._admitted: Counter[bytes] = Counter()
        self._admission_lock = threading.Lock()
        self._suspects: TTLCache[str, bool] = TTLCache(MAX_LIMITED, SUSPECT_SECONDS)
        self._attempts: SingleFlight[User | None] = SingleFlight()
        # A success elsewhere may lift a limit before its time, so this is looked up again soon.
        self._limited: TTLCache[str, datetime.datetime] = TTLCache(
            MAX_LIMITED, settings.AUTH_CACHE_SECONDS
        )
        # When the last of them goes: every request asks, which should take no lock.
        self._limited_until = 0.0
        self._limited_lock = threading.Lock()

    @property
    def is_shedding(self) -> bool:
        """Whether there are attempts that would be refused without a hash."""
        return not self._places or time.monotonic() < self._limited_until

    def refuse(self, credentials: Credentials, address: str) -> None:
        """Raise what `verify` would raise at once, TooManyFailures or Busy; else do nothing.

        Verified credentials are not refused; their user is read for that where it must be.
        Raises OperationalError.
        """
        try:
            self._refuse_limited(_counts(credentials, address))
            self._refuse_without_place(credentials, address)
        except (TooManyFailures, Busy, OperationalError):
            # In this order: what was verified a moment ago is not refused, nor for want of MongoDB.
            if self.cache.verified_user(credentials) is None:
                raise

    def verify(self, credentials: Credentials, address: str) -> User | None:
        """Return the user, or None when username and password do not belong together.

        Counts the attempt for the client's address, then hashes; at the same time the same
        attempt is made once. Raises TooManyFailures, Busy, OperationalError.
        """
        counts = _counts(credentials, address)
        try:
            self._refuse_limited(counts)
            with self._admission(credentials, address) as key:
                return self._attempts.run(key, lambda: self._attempt(credentials, address, counts))
        except (TooManyFailures, Busy):
            if user := self.cache.verified_user(credentials):
                return user
            raise

    def _attempt(
        self, credentials: Credentials, address: str, counts: Mapping[str, int]
    ) -> User | None:
        try:
            return self._counted(credentials, address, counts)
        except LimitReachedError as limit:
            self._limit(limit.key, limit.until)
            raise TooManyFailures(limit.until) from limit
        except (LimitPendingError, NoSlotError) as error:
            raise Busy from error

    @contextmanager
    def _admission(self, credentials: Credentials, address: str) -> Iterator[bytes]:
        """Hold a thread's leave to wait, and give the key of the attempt. Raises Busy."""
        key, digest = self.cache.digest(credentials, address), self.cache.digest(credentials)
        # Not under the lock, as it may ask the database.
        expected = self.cache.expects_others()
        with self._admission_lock:
            joins = expected and self._waits(credentials, address)
            if not joins and not self._places:
                raise Busy
            self._places -= not joins
            self._admitted.update((key, digest))
        try:
            yield key
        finally:
            with self._admission_lock:
                self._admitted.subtract((key, digest))
                # Also drops the count of the digests that nobody comes with any more.
                self._admitted = +self._admitted
                self._places += not joins

    def _refuse_without_place(self, credentials: Credentials, address: str) -> None:
        """Raise Busy for an attempt that could neither wait nor join one that waits."""
        if self._places:
            return
        with self._admission_lock:
            may_join = self._waits(credentials, address)
        if not (may_join and self.cache.expects_others()):
            raise Busy

    def _waits(self, credentials: Credentials, address: str) -> bool:
        """Tell whether an attempt waits that this one is like, so that both are one hash.

        For an address whose last password was wrong only its own are.
        """
        if address in self._suspects:
            return self._admitted[self.cache.digest(credentials, address)] > 0
        return self._admitted[self.cache.digest(credentials)] > 0

    def _refuse_limited(self, counts: Iterable[str]) -> None:
        """Raise TooManyFailures for a limit that this process knows to be reached."""
        with self._limited_lock:
            until = max(filter(None, map(self._limited.get, counts)), default=None)
        if until is not None and until > timezone.now():
            raise TooManyFailures(until)

    def _limit(self, key: str, until: datetime.datetime) -> None:
        with self._limited_lock:
            self._limited[key] = until
            self._limited_until = time.monotonic() + settings.AUTH_CACHE_SECONDS

    def _counted(
        self, credentials: Credentials, address: str, counts: Mapping[str, int]
    ) -> User | None:
        """Reserve the attempt, hash, settle. The user is read again: a password may be new."""
        user = self.cache.read(credentials.username)
        if user is not None and self.cache.knows(user, credentials):
            # Verified by an attempt that ended a moment ago.
            return user
        now = timezone.now()
        usable = user is not None and user.may_log_in(now)
        stored = user.valid_hashes(now) if user is not None else []
        # As many hashes as a user may have, so that the time does not tell who is there.
        grace = any(other.has_former_password(now) for other in self.cache.graces())
        stored += [UNUSABLE] * (1 + grace - len(stored))
        pair, overall = reservations = _reserve(counts)
        key = self.cache.digest(credentials, *stored)
        try:
            match = self._hashing.match(key, credentials.password, stored, upgrade=usable)
        except BaseException:
            _release(reservations)
            raise
        if user is None or match is None or not usable:
            with self._admission_lock:
                self._suspects[address] = True
            name = user.username if user is not None else None
            for reservation, scope in ((pair, "user"), (overall, "address")):
                if FailureCount.objects.fail(reservation):
                    self._limit(reservation.key, reservation.window)
                    audit.record("lockout", name, logging.WARNING, address=address, scope=scope)
            return None
        self.cache.remember(credentials, match.stored)
        with self._admission_lock:
            self._suspects.pop(address, None)
        FailureCount.objects.release(overall)
        if failures := FailureCount.objects.clear(pair.key):
            audit.record("success_after_failure", user.username, address=address, failures=failures)
        self._upgrade(user, credentials, match)
        return user

    def _upgrade(self, user: User, credentials: Credentials, match: Match) -> None:
        """Store the hash that Django's default asks for, unless the password changed meanwhile."""
        if match.upgraded is None:
            return
        unchanged = User.objects.filter(pk=user.pk, password=match.stored)
        if unchanged.update(password=match.upgraded):
            self.cache.remember(credentials, match.upgraded)
            self.cache.forget_users()
            audit.record("password_upgraded", user.username)


def _counts(credentials: Credentials, address: str) -> dict[str, int]:
    """Return the keys of the counts that an attempt is in, with their limits."""
    return {
        count_key(credentials.username, address): PAIR_LIMIT,
        count_key(address): ADDRESS_LIMIT,
    }


def _reserve(counts: Mapping[str, int]) -> list[Reservation]:
    """Reserve an attempt in every count, or in none; raise what the manager raises."""
    reservations: list[Reservation] = []
    try:
        for key, limit in counts.items():
            reservations.append(FailureCount.objects.reserve(key, limit))
    except BaseException:
        _release(reservations)
        raise
    return reservations


def _release(reservations: Iterable[Reservation]) -> None:
    for reservation in reservations:
        FailureCount.objects.release(reservation)


@functools.cache
def authenticator() -> Authenticator:
    """Return the process's own."""
    return Authenticator()


def renew_authenticator() -> None:
    """Begin with nothing known: in a forked child, whose parent's threads are not there."""
    authenticator.cache_clear()
    authenticator()


os.register_at_fork(after_in_child=renew_authenticator)

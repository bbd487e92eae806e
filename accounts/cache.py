"""What one process knows about users: as they were read, and which credentials are verified.

A verified credential is kept as an HMAC-SHA256 under a key that only this process has, over the
username, the password and the stored hash. The stored hash is a part of it, so that a change of
the password needs no invalidation: the old credential is no longer asked for.
"""

import hmac
import secrets
import threading

from cachetools import LRUCache, TTLCache
from django.db.models import Q
from django.utils import timezone

from accounts.credentials import Credentials
from accounts.keys import length_prefixed
from accounts.models import User

MAX_USERS = 1024
# Of one user: the current password and the one before, each under the hash before an upgrade too.
MAX_VERIFIED = 4


class CredentialCache:
    """Bounded, shared by the threads of a process; holds no password and no failure."""

    def __init__(self, seconds: float) -> None:
        """Take how long a user is trusted as it was read."""
        # Copied for each digest: to begin one anew takes OpenSSL twice as long as the digest.
        self._keyed = hmac.new(secrets.token_bytes(32), digestmod="sha256")
        self._lock = threading.Lock()
        self._users: TTLCache[str, User] = TTLCache(MAX_USERS, seconds)
        self._verified: LRUCache[str, tuple[bytes, ...]] = LRUCache(MAX_USERS)
        self._graces: TTLCache[str, list[User]] = TTLCache(1, seconds)
        self._changes = 0

    def verified_user(self, credentials: Credentials) -> User | None:
        """Return the user of verified credentials; None when they are not known to be right.

        Reads the user again when it was read `seconds` ago. Raises OperationalError then.
        """
        with self._lock:
            if credentials.username not in self._verified:
                return None
            user = self._users.get(credentials.username)
        if user is None:
            user = self.read(credentials.username)
        return user if user is not None and self.knows(user, credentials) else None

    def expects_others(self) -> bool:
        """Tell whether credentials that are not verified may well be right.

        They may while nobody's are verified, as after a start, and while a grace runs, for
        whomever: whose credentials they are makes no difference, as that would tell who there is.
        Reads the graces when they were read `seconds` ago. Raises OperationalError then.
        """
        with self._lock:
            if not self._verified:
                return True
            graces = self._graces.get("")
        now = timezone.now()
        return any(user.has_grace(now) for user in (self.graces() if graces is None else graces))

    def graces(self) -> list[User]:
        """Read the users whose password before, or account, has a deadline that is to come.

        Raises OperationalError.
        """
        now, changes = timezone.now(), self._changes
        users = list(
            User.objects.filter(Q(former_password_until__gt=now) | Q(active_until__gt=now))
        )
        with self._lock:
            if changes == self._changes:
                self._graces[""] = users
        return users

    def knows(self, user: User, credentials: Credentials) -> bool:
        """Tell whether the credentials are verified for the user as it is stored now."""
        now = timezone.now()
        if not user.may_log_in(now):
            return False
        with self._lock:
            verified = self._verified.get(user.username, ())
        # No generator, which costs every request as much as a digest.
        for stored in user.valid_hashes(now):
            if self.digest(credentials, stored) in verified:
                return True
        return False

    def remember(self, credentials: Credentials, stored: str) -> None:
        """Take credentials as verified for as long as this is a valid hash of the user."""
        with self._lock:
            others = self._verified.get(credentials.username, ())
            # Once: those that succeed together would push the other password out.
            verified = dict.fromkeys((self.digest(credentials, stored), *others))
            self._verified[credentials.username] = tuple(verified)[:MAX_VERIFIED]

    def read(self, username: str) -> User | None:
        """Read a user from the database. Raises OperationalError."""
        changes = self._changes
        user = User.objects.filter(username=username).first()
        with self._lock:
            # Not one that was read before a change that this process has made meanwhile.
            if user is not None and changes == self._changes:
                self._users[username] = user
        return user

    def forget_users(self) -> None:
        """Read every user again: one of them was changed."""
        with self._lock:
            self._changes += 1
            self._users.clear()
            self._graces.clear()

    def digest(self, credentials: Credentials, *more: str) -> bytes:
        """Return what stands for credentials in this process, and nowhere else."""
        keyed = self._keyed.copy()
        keyed.update(length_prefixed(credentials.username, credentials.password, *more))
        return keyed.digest()

"""What one process knows about users: as they were read, and which credentials are verified.

A verified credential is kept as an HMAC-SHA256 under a key that only this process has, over the
username, the password and the stored hash. The stored hash is a part of it, so that a change of
the password needs no invalidation: the old credential is no longer asked for.
"""

import hmac
import secrets
import threading

from cachetools import LRUCache, TTLCache
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
        """Tell whether valid credentials that are not verified here are likely to come.

        They are while none is, as after a start, and while a user who has verified some has a
        grace. Reads nothing: to know of a grace takes `seconds`.
        """
        now = timezone.now()
        with self._lock:
            if not self._verified:
                return True
            users = [self._users.get(username) for username in self._verified]
        return any(user.has_grace(now) for user in users if user is not None)

    def knows(self, user: User, credentials: Credentials) -> bool:
        """Tell whether the credentials are verified for the user as it is stored now."""
        now = timezone.now()
        with self._lock:
            verified = self._verified.get(user.username, ())
        return user.may_log_in(now) and any(
            self.digest(credentials, stored) in verified for stored in user.valid_hashes(now)
        )

    def remember(self, credentials: Credentials, stored: str) -> None:
        """Take credentials as verified for as long as this is a valid hash of the user."""
        with self._lock:
            others = self._verified.get(credentials.username, ())
            verified = (self.digest(credentials, stored), *others)
            self._verified[credentials.username] = verified[:MAX_VERIFIED]

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

    def digest(self, credentials: Credentials, *more: str) -> bytes:
        """Return what stands for credentials in this process, and nowhere else."""
        keyed = self._keyed.copy()
        keyed.update(length_prefixed(credentials.username, credentials.password, *more))
        return keyed.digest()

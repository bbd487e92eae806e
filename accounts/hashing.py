"""Slow password hashes, on few threads of their own.

A hash takes a core for a quarter of a second. The threads that hash are a fraction of those that
serve, so that wrong passwords cannot keep the service from its verified clients.
"""

import os
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import NamedTuple

from django.contrib.auth.hashers import check_password, make_password

SLOT_SECONDS = 1.0
# A third of the weight of a thread that serves.
NICENESS = 5
UNUSABLE = "!"
"""In the place of a stored hash: matches nothing, and Django takes as long over it."""


class NoSlotError(Exception):
    """No thread was free to hash within SLOT_SECONDS."""


class Match(NamedTuple):
    """The stored hash that a password matches, and one made anew where Django asks for it."""

    stored: str
    upgraded: str | None


class PasswordHashing:
    """Compares passwords with stored hashes, `slots` at a time."""

    def __init__(self, slots: int) -> None:
        self._pool = ThreadPoolExecutor(
            slots, thread_name_prefix="password-hash", initializer=_give_way
        )
        self._lock = threading.Lock()
        self._running: dict[bytes, Future[Match | None]] = {}

    def match(
        self, key: bytes, password: str, stored: Sequence[str], *, upgrade: bool
    ) -> Match | None:
        """Return the match of a password among stored hashes, or None.

        Every stored hash is compared, so that the time tells nothing. `key` stands for the
        other arguments: whoever comes with the same one waits for the same result. With
        `upgrade`, a match of the first that Django would make anew is made anew.

        Raises NoSlotError.
        """
        with self._lock:
            future = self._running.get(key)
            if future is None:
                future = self._pool.submit(_match, password, stored, upgrade)
                self._running[key] = future
                future.add_done_callback(lambda _: self._running.pop(key, None))
        try:
            return future.result(SLOT_SECONDS)
        except TimeoutError:
            if future.cancel():
                raise NoSlotError from None
        except CancelledError:
            raise NoSlotError from None
        return future.result()


def _give_way() -> None:
    """Let the threads that serve come first where cores are short.

    Only Linux gives a thread a priority of its own (setpriority(2), "C library/kernel
    differences").
    """
    if sys.platform == "linux":
        thread = threading.get_native_id()
        own = os.getpriority(os.PRIO_PROCESS, thread)
        os.setpriority(os.PRIO_PROCESS, thread, min(own + NICENESS, 19))


def _match(password: str, stored: Sequence[str], upgrade: bool) -> Match | None:
    outdated: list[str] = []
    matching = [encoded for encoded in stored if check_password(password, encoded, outdated.append)]
    if not matching:
        return None
    renew = upgrade and outdated and matching[0] == stored[0]
    return Match(matching[0], make_password(password) if renew else None)

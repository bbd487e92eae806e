"""Slow password hashes, few at a time, behind everything else that wants a core.

A hash takes a core for a quarter of a second. Those under way at once are a fraction of the threads
that serve, and they run while nothing else does, so that wrong passwords cannot keep the service
from its verified clients.
"""

import os
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import NamedTuple, TypeVar

from django.contrib.auth.hashers import check_password, make_password

from accounts.flights import SingleFlight

SLOT_SECONDS = 1.0
PATIENCE_SECONDS = 4.0
UNUSABLE = "!"
"""In the place of a stored hash: matches nothing, and Django takes as long over it."""

Result = TypeVar("Result")


class NoSlotError(Exception):
    """No hash could be begun within SLOT_SECONDS."""


class Match(NamedTuple):
    """The stored hash that a password matches, and one made anew where Django asks for it."""

    stored: str
    upgraded: str | None


class PasswordHashing:
    """Compares passwords with stored hashes, `slots` at a time."""

    def __init__(self, slots: int) -> None:
        self._slots = threading.BoundedSemaphore(slots)
        self._matches: SingleFlight[Match | None] = SingleFlight()

    def match(
        self, key: bytes, password: str, stored: Sequence[str], *, upgrade: bool
    ) -> Match | None:
        """Return the match of a password among stored hashes, or None.

        Every stored hash is compared, so that the time tells nothing. `key` stands for the
        other arguments: whoever comes with the same one waits for the same result. With
        `upgrade`, a match of the first that Django would make anew is made anew.

        Raises NoSlotError.
        """
        return self._matches.run(key, lambda: self._in_slot(password, stored, upgrade))

    def _in_slot(self, password: str, stored: Sequence[str], upgrade: bool) -> Match | None:
        if not self._slots.acquire(timeout=SLOT_SECONDS):
            raise NoSlotError
        try:
            return giving_way(lambda: _match(password, stored, upgrade))
        finally:
            self._slots.release()


def giving_way(function: Callable[[], Result]) -> Result:
    """Return what a function gives that runs in a thread of its own while cores are free.

    Where none is free for PATIENCE_SECONDS the calling thread runs it like anything else, since
    a thread without privileges cannot take its own priority back (sched(7), SCHED_IDLE).
    """
    future: Future[Result] = Future()

    def run() -> None:
        _give_way()
        try:
            future.set_result(function())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, name="password-hash", daemon=True).start()
    try:
        return future.result(PATIENCE_SECONDS)
    except TimeoutError:
        return function()


def _give_way() -> None:
    """Let any thread that wakes have the core of this one at once, which niceness does not."""
    if sys.platform == "linux":
        os.sched_setscheduler(threading.get_native_id(), os.SCHED_IDLE, os.sched_param(0))


def _match(password: str, stored: Sequence[str], upgrade: bool) -> Match | None:
    outdated: list[str] = []
    matching = [encoded for encoded in stored if check_password(password, encoded, outdated.append)]
    if not matching:
        return None
    renew = upgrade and outdated and matching[0] == stored[0]
    return Match(matching[0], make_password(password) if renew else None)

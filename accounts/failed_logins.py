"""Failed logins in the audit trail: the first at once, those that follow as a sum every minute."""

import atexit
import logging
import os
import threading
from contextlib import suppress

from accounts import audit
from fastapi_mongo_site.http.request import MAX_ADDRESS_CHARACTERS

SUM_SECONDS = 60.0
MAX_ADDRESSES = 1_000
"""Addresses told apart between two sums; an attacker may have any number of them."""
MAX_NAMED = 10


class FailedLogins:
    """Counts and tells the failures of one process; `total` is the count since its start."""

    def __init__(self) -> None:
        self._begin_anew()
        os.register_at_fork(after_in_child=self._begin_anew)

    def _begin_anew(self) -> None:
        self._lock = threading.Lock()
        self.total = self._told = 0
        self._addresses: set[str] = set()
        self._timer: threading.Timer | None = None

    def add(self, address: str) -> None:
        """Count a failure of a client's address; log it at once if none came for a minute."""
        address = address[:MAX_ADDRESS_CHARACTERS]
        with self._lock:
            self.total += 1
            if first := self._timer is None:
                self._told = self.total
                self._start_timer()
            elif len(self._addresses) < MAX_ADDRESSES:
                self._addresses.add(address)
        if first:
            audit.record("login_failed", None, logging.WARNING, address=address)

    def tell(self) -> None:
        """Tell how many failures came since the last line, and from where; nothing if none did."""
        with self._lock:
            failures, self._told = self.total - self._told, self.total
            addresses, self._addresses = sorted(self._addresses), set()
        if failures:
            full = "+" if len(addresses) == MAX_ADDRESSES else ""
            audit.record(
                "logins_failed",
                None,
                logging.WARNING,
                failures=failures,
                addresses=f"{len(addresses)}{full}",
                named=",".join(addresses[:MAX_NAMED]),
            )

    def _start_timer(self) -> None:
        timer = threading.Timer(SUM_SECONDS, self._end_minute)
        timer.daemon = True
        # If no thread can start, the next failure is logged at once, and tries again.
        with suppress(RuntimeError):
            timer.start()
            self._timer = timer

    def _end_minute(self) -> None:
        with self._lock:
            self._timer = None
            if self.total > self._told:
                self._start_timer()
        self.tell()


failed_logins = FailedLogins()
atexit.register(failed_logins.tell)

"""While MongoDB does not answer, commands are refused at once, so that nobody waits in vain."""

import logging
import threading
import time
from collections.abc import Callable

from djongo_engine.server_errors import sentence_of

logger = logging.getLogger(__name__)

PAUSE_SECONDS = 0.5
SILENT_SECONDS = 60.0


class Breaker:
    """Open while commands are refused. A process that never arms it has none.

    A command that fails for want of an answer opens it. A thread of its own then tries to read,
    again and again, and the first trial that succeeds closes it.
    """

    def __init__(self) -> None:
        """Make one that is closed and does nothing."""
        self.is_open = False
        self.slow_seconds = float("inf")
        self._trial: Callable[[], None] | None = None
        self._lock = threading.Lock()
        self._trying = False
        self._unanswered: Exception | None = None
        self._complained = -SILENT_SECONDS

    @property
    def is_armed(self) -> bool:
        """Whether it works."""
        return self._trial is not None

    def arm(self, trial: Callable[[], None], slow_seconds: float) -> None:
        """Begin to work. `trial` reads within a short time, and raises an error if it cannot.

        A command that takes longer than `slow_seconds` is a reason for a trial.
        """
        self._trial, self.slow_seconds = trial, slow_seconds

    def open(self, reason: Exception) -> None:
        """Refuse commands until a trial succeeds: one got no answer, for this reason."""
        with self._lock:
            if self._trial:
                self._unanswered = reason
                self._begin_trials(self._trial)
                self.is_open = True

    def suspect(self) -> None:
        """Make a trial, and open if it fails: a command took long, or failed in an unusual way."""
        with self._lock:
            if self._trial:
                self._begin_trials(self._trial)

    def _begin_trials(self, trial: Callable[[], None]) -> None:
        if not self._trying:
            threading.Thread(target=self._try, args=(trial,), name="breaker", daemon=True).start()
            self._trying = True

    def _try(self, trial: Callable[[], None]) -> None:
        """Try until it succeeds, and say when MongoDB went and came back."""
        since = None
        while True:
            try:
                trial()
                break
            # Whatever it is: a thread that ended here would leave the breaker open for ever.
            except Exception as error:
                self.is_open = True
                if since is None:
                    since = time.monotonic()
                    logger.error("MongoDB cannot be read: %s", sentence_of(error))
            time.sleep(PAUSE_SECONDS)
        with self._lock:
            self.is_open = self._trying = False
            unanswered, self._unanswered = self._unanswered, None
        now = time.monotonic()
        if since is not None:
            logger.warning("MongoDB can be read again, after %.0f s.", now - since)
        elif unanswered and now - self._complained > SILENT_SECONDS:
            self._complained = now
            logger.warning("A command got no answer, but MongoDB answers others: %s", unanswered)


breaker = Breaker()

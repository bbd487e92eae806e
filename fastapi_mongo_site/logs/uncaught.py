"""What Python itself would print to stderr, as lines of the log: errors nobody caught, warnings."""

import logging
import sys
import threading
from types import TracebackType

logger = logging.getLogger(__name__)


def log_uncaught() -> None:
    """Log what nobody catches in this process from now on, in any of its threads."""
    logging.captureWarnings(True)
    sys.excepthook = log_error
    threading.excepthook = log_error_of_thread


def log_error(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    """Log the error that ends this process."""
    logger.critical("An error ended the process.", exc_info=(kind, error, traceback))


def log_error_of_thread(said: threading.ExceptHookArgs) -> None:
    """Log the error that ended a thread; SystemExit ends one as Python has it, without a word."""
    if said.exc_type is not SystemExit:
        error = said.exc_value or said.exc_type()
        name = said.thread.name if said.thread else "?"
        logger.critical(
            "An error ended the thread %s.",
            name,
            exc_info=(said.exc_type, error, said.exc_traceback),
        )

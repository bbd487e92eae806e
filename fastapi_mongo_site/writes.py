"""Whether MongoDB takes writes: what came of the last one, in whichever worker."""

import ctypes
import multiprocessing

Code = ctypes.c_int
"""The code of the error that the last write was refused with; 0 when it was not."""

# https://www.mongodb.com/docs/manual/reference/error-codes/. Atlas refuses the writes of who stores
# more than is paid for with its own error.
WORDS = {13: "forbidden", 8000: "refused", 10107: "read-only", 14031: "full"}

_last = Code()


def new_code() -> Code:
    """Return a code that a process shares with those that it spawns, if it passes it to them."""
    code: Code = multiprocessing.get_context("spawn").RawValue(Code, 0)
    return code


def share(code: Code) -> Code:
    """Let this process use a code that it shares with others; return it."""
    global _last
    _last = code
    return code


def report_refused(code: int | None) -> None:
    """Take note of the error that MongoDB answered a write with, if it says that it takes none."""
    if code in WORDS:
        _last.value = code


def report_accepted() -> None:
    """Take note that MongoDB took a write. It takes 0.1 us when nothing changed."""
    if _last.value:
        _last.value = 0


def refusal() -> str | None:
    """Return the word for why MongoDB refused the last write; None when it took it."""
    return WORDS.get(_last.value)

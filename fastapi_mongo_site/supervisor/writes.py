"""Whether MongoDB takes writes: what came of the last one, in whichever worker."""

import ctypes
import multiprocessing

Flag = ctypes.c_bool

_refused = Flag(False)


def new_flag() -> Flag:
    """Return a flag that a process shares with those that it spawns, if it passes it to them."""
    flag: Flag = multiprocessing.get_context("spawn").RawValue(Flag, False)
    return flag


def share(flag: Flag) -> Flag:
    """Let this process use a flag that it shares with others; return it."""
    global _refused
    _refused = flag
    return flag


def report_write(*, accepted: bool) -> None:
    """Say that MongoDB accepted a write, or that it refused one as it takes none.

    Call it after each write: it takes 0.1 us when nothing changed.
    """
    if _refused.value is accepted:
        _refused.value = not accepted


def are_refused() -> bool:
    """Tell whether MongoDB refused the last write."""
    return bool(_refused.value)

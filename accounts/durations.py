"""Durations as a person writes them on a command line."""

import argparse
import datetime
import re

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
LONGEST = datetime.timedelta(days=365)


def duration(text: str) -> datetime.timedelta:
    """Return the duration of `90s`, `30m`, `24h` or `7d`; an argparse type."""
    match = re.fullmatch(r"([0-9]{1,9})([smhd])", text)
    if match:
        given = datetime.timedelta(**{_UNITS[match[2]]: int(match[1])})
        if datetime.timedelta(0) < given <= LONGEST:
            return given
    raise argparse.ArgumentTypeError(
        f"{text!r} is no duration such as 90s, 30m, 24h or 7d, of at most {LONGEST.days}d"
    )

"""Numbers in a table, with a decimal comma or a decimal point."""

import re
from collections.abc import Iterable
from decimal import Decimal

from items.fields import NUMBER

MARKS = {"comma": ",", "point": "."}
NAMES = {mark: name for name, mark in MARKS.items()}
OTHER = {",": ".", ".": ","}
WITHOUT_MARKS = str.maketrans("", "", ",.")

MARKED = re.compile(r"-?[0-9]+([.,])[0-9]+([eE][-+]?[0-9]{1,3})?")
"""A number with one mark."""
GROUPED = re.compile(r"-?[1-9][0-9]{0,2}([.,][0-9]{3})+")
"""What may be a number whose thousands are marked."""
THOUSANDS = {mark: re.compile(rf"-?[1-9][0-9]{{0,2}}(\{mark}[0-9]{{3}})+") for mark in OTHER}


class AmbiguousError(Exception):
    """The text could mean two numbers; the message says what decides."""

    def __init__(self, text: str) -> None:
        super().__init__(
            f"{text!r} could mean two numbers: say which mark is decimal, "
            "--decimal=comma or --decimal=point."
        )


def clear_mark(text: str) -> str:
    """Return the mark of a number if it can only be a decimal one, else ""."""
    match = MARKED.fullmatch(text)
    return match[1] if match and not GROUPED.fullmatch(text) else ""


class Decimals:
    """Reads the numbers of one file, which have one decimal mark.

    With a `mark` that was set, the other one may mark thousands. One that is guessed allows no
    thousands, and is refused where a number has the other.
    """

    def __init__(self, mark: str) -> None:
        """Take the mark that is set, or ""."""
        self.is_set = bool(mark)
        self.mark = mark

    def guess(self, prices: Iterable[str], separator: str) -> None:
        """Guess the mark by the first prices of a file, and by what separates its cells."""
        if not self.is_set:
            marks = {mark for price in prices if (mark := clear_mark(price))}
            # A file with commas between cells is most likely one of a program.
            default = "." if separator == "," else ""
            self.mark = next(iter(marks or {default})) if len(marks) < 2 else ""

    def number(self, text: str, *, whole: bool) -> Decimal | str:
        """Return the number that a text spells, or the text when it is none.

        Raises AmbiguousError; also for 1.000, if the number is `whole` and no mark was set.
        """
        if self.is_set:
            return _plain(text, self._without_thousands(text).replace(self.mark, "."))
        marks = [character for character in text if character in OTHER]
        if marks and isinstance(_plain(text, text.translate(WITHOUT_MARKS)), Decimal):
            in_groups = GROUPED.fullmatch(text) and (whole or marks[0] != self.mark)
            if len(marks) > 1 or in_groups or (self.mark and marks[0] != self.mark):
                raise AmbiguousError(text)
        return _plain(text, text.replace(",", "."))

    def _without_thousands(self, text: str) -> str:
        """Return text without marks of thousands, and no number where the other mark is no such."""
        other = OTHER[self.mark]
        head, mark, rest = text.partition(self.mark)
        if THOUSANDS[other].fullmatch(head):
            head = head.replace(other, "")
        # A mark that is left makes it no number.
        return f"{head}{mark}{rest}".replace(other, "?")


def _plain(text: str, spelled: str) -> Decimal | str:
    """Return the number that is spelled with a decimal point, else the text."""
    return Decimal(spelled) if NUMBER.fullmatch(spelled) else text

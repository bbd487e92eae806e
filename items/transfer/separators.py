"""What stands between the cells of CSV."""

import csv

from items.transfer.columns import column

SEPARATORS = (",", ";", "\t")
SHOWN = {",": "commas", ";": "semicolons", "\t": "tabs"}


def declared_separator(line: str) -> str:
    """Return the separator that a first line such as `sep=;` names, as Excel takes it; else ""."""
    text = line.rstrip("\r\n")
    # Python 3.13 takes no separator that quotes cells, too.
    named = len(text) == 5 and text.lower().startswith("sep=") and text[4] != '"'
    return text[4:] if named else ""


def guessed_separator(header: str) -> str:
    """Return the separator that finds most known columns in a header, else most columns."""

    def found(separator: str) -> tuple[int, int]:
        try:
            names = next(csv.reader([header], delimiter=separator), [])
        except csv.Error:
            # Longer than a cell may be.
            return 0, 0
        return sum(column(name) != "" for name in names), len(names)

    return max(SEPARATORS, key=found)

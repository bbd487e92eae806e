"""What stands between the cells of CSV."""

import csv

from items.transfer.columns import column

SEPARATORS = (",", ";", "\t")
SHOWN = {",": "commas", ";": "semicolons", "\t": "tabs"}


def declared_separator(line: str) -> str:
    """Return the separator that a first line such as `sep=;` names, as Excel takes it; else ""."""
    text = line.rstrip("\r\n")
    return text[4:] if len(text) == 5 and text.lower().startswith("sep=") else ""


def guessed_separator(header: str) -> str:
    """Return the separator that finds most known columns in a header, else most columns."""

    def found(separator: str) -> tuple[int, int]:
        names = next(csv.reader([header], delimiter=separator), [])
        return sum(column(name) != "" for name in names), len(names)

    return max(SEPARATORS, key=found)

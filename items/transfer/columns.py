"""Which column of a table holds which field of an item."""

from collections.abc import Callable, Sequence

from items.documents import COLUMNS, FIELDS
from items.transfer.rows import FileError

KNOWN = f"{', '.join(COLUMNS[:-1])} and {COLUMNS[-1]}"
SHOWN_CHARACTERS = 100

_COLUMNS = {name.replace("_", ""): name for name in COLUMNS}


def column(name: str) -> str:
    """Return the field that a column's name means, in any case, spaces and underscores; or ""."""
    return _COLUMNS.get("".join(name.casefold().replace("_", " ").split()), "")


def fields_of(header: Sequence[str], say: Callable[[str], None]) -> list[str | None]:
    """Return the field of each column: "" for one that is passed over, None for one without a name.

    Those that are passed over are said.
    Raises FileError when a field has no column, or two.
    """
    fields = [column(name) for name in header]
    others = [name for name, field in zip(header, fields, strict=True) if not field]
    shown = ", ".join(repr(name) for name in others if name.strip())[:SHOWN_CHARACTERS]
    if missing := [field for field in FIELDS if field not in fields]:
        raise FileError(
            f"The header lacks {' and '.join(missing)}."
            + (f" It has {shown}, which is not known." if shown else "")
            + f" Known are {KNOWN}."
        )
    if twice := [field for field in COLUMNS if fields.count(field) > 1]:
        raise FileError(f"The header names {' and '.join(twice)} twice.")
    if shown:
        say(f"Passed over, as no such column is known: {shown}.")
    return [field if name.strip() else None for name, field in zip(header, fields, strict=True)]

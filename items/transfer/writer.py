"""Items written to files: CSV (RFC 4180, with a header) and NDJSON."""

import csv
from collections.abc import Callable
from types import SimpleNamespace
from typing import IO, Any

import orjson

from items.documents import COLUMNS, ItemData
from items.transfer.formulas import guarded


def csv_writer(stream: IO[bytes], *, guard_formulas: bool) -> Callable[[ItemData], object]:
    """Write the header, and return what writes an item as a row; None is an empty cell.

    With `guard_formulas` nothing in it is run by a spreadsheet (`items.transfer.formulas`).
    """
    text = SimpleNamespace(write=lambda row: stream.write(row.encode()))
    write_row = csv.writer(text).writerow
    write_row(COLUMNS)
    if guard_formulas:
        return lambda item: write_row(map(_guarded, item.values()))
    return lambda item: write_row(item.values())


def ndjson_writer(stream: IO[bytes]) -> Callable[[ItemData], object]:
    """Return what writes an item as a line of JSON, a date or the like as text."""
    option = orjson.OPT_APPEND_NEWLINE
    return lambda item: stream.write(orjson.dumps(item, default=str, option=option))


def item_writer(
    stream: IO[bytes], file_format: str, *, guard_formulas: bool
) -> Callable[[ItemData], object]:
    """Return what writes an item in a format, `csv` or `ndjson`; the head is written at once."""
    if file_format == "csv":
        return csv_writer(stream, guard_formulas=guard_formulas)
    return ndjson_writer(stream)


def _guarded(value: Any) -> Any:
    # A boolean and an Int64 are integers.
    return value if value is None or isinstance(value, (int, float)) else guarded(str(value))

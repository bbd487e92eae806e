"""Rows of items from the cells of a table, whatever file it comes from."""

import itertools
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from items.transfer.columns import fields_of
from items.transfer.decimals import NAMES, AmbiguousError, Decimals
from items.transfer.rows import MAX_ROW_BYTES, Cells, FileError, Row

GUESSING_ROWS = 1_000
"""So many rows are looked at to guess the decimal mark, or fewer if they are long."""
NUMBERS = {"count": True, "price": False}
"""The fields that are numbers, and whether these are whole."""


class _RowError(Exception):
    """The row is refused; the message says why."""


def rows_of(
    table: Iterator[Cells], decimals: Decimals, separator: str, say: Callable[[str], None]
) -> Iterator[Row]:
    """Yield the rows below a table's header. Raises FileError.

    An empty cell is a value that is not given; a row of empty cells is none. What is no text in a
    cell is a number, a boolean, or a date (as a dictionary).
    """
    filled = (row for row in table if row.fault or any(map(_is_filled, row.cells)))
    header = next(filled, None)
    if header is None:
        raise FileError("The file is empty.")
    if header.fault:
        raise FileError(f"The header cannot be read: {header.fault}")
    fields = fields_of([shown(cell) for cell in header.cells], say)
    first = list(_first(filled))
    place = fields.index("price")
    prices = [row.cells[place] for row in first if len(row.cells) > place]
    decimals.guess([price for price in prices if isinstance(price, str)], separator)
    if decimals.mark == "," and not decimals.is_set:
        say(f"Read with a decimal {NAMES[decimals.mark]}.")
    for row in itertools.chain(first, filled):
        yield _row(row, fields, decimals)


def shown(cell: Any) -> str:
    """Return a cell's text, as a spreadsheet shows it: a number to 15 digits."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return str(cell).upper()
    return cell["date"] if isinstance(cell, dict) else f"{cell:.15g}"


def _is_filled(cell: Any) -> bool:
    return not isinstance(cell, str) or bool(cell.strip())


def _first(rows: Iterator[Cells]) -> Iterator[Cells]:
    size = 0
    for row in itertools.islice(rows, GUESSING_ROWS):
        yield row
        size += len(row.text)
        if size > MAX_ROW_BYTES:
            return


def _row(row: Cells, fields: list[str | None], decimals: Decimals) -> Row:
    """Return a row with the values of its fields, or with its fault."""
    try:
        return Row(row.line, row.text, _values(row, fields, decimals))
    except _RowError as error:
        return Row(row.line, row.text, None, str(error))


def _values(row: Cells, fields: list[str | None], decimals: Decimals) -> dict[str, Any]:
    if row.fault:
        raise _RowError(row.fault)
    if len(row.cells) < len(fields) or any(map(_is_filled, row.cells[len(fields) :])):
        raise _RowError(f"Has {len(row.cells)} columns, not {len(fields)}.")
    values = {}
    for field, cell in zip(fields, row.cells, strict=False):
        if field and cell != "":
            values[field] = _value(field, cell, decimals)
        elif field is None and _is_filled(cell):
            raise _RowError(f"Has {shown(cell)!r} in a column without a name.")
    return values


def _value(field: str, cell: Any, decimals: Decimals) -> Any:
    if field in NUMBERS:
        if isinstance(cell, (int, float)) and not isinstance(cell, bool):
            return Decimal(shown(cell))
        try:
            return decimals.number(shown(cell), whole=NUMBERS[field])
        except AmbiguousError as error:
            raise _RowError(f"{field}: {error}") from error
    if isinstance(cell, dict):
        raise _RowError(f"{field}: {shown(cell)} is a date in the spreadsheet, not text.")
    return shown(cell)

"""Items read from a file, row by row, whatever form people have them in.

CSV with a header, NDJSON (a JSON object on each line), the spreadsheets `.xlsx` and `.ods`, each of
them plain or gzipped; what it is, the content tells. A row that cannot be read is returned with its
fault, and reading goes on with the next.
"""

import csv
import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO

from rest_framework.exceptions import ParseError

from fastapi_mongo_site.http.parsers import parse_json
from items.transfer.decimals import Decimals
from items.transfer.lines import TOO_LONG, Lines, RowTooLong
from items.transfer.rows import Cells, FileError, Reading, Row
from items.transfer.separators import SHOWN, declared_separator, guessed_separator
from items.transfer.sheets import sheet_cells
from items.transfer.tables import rows_of
from items.transfer.unpacking import begun, buffered, unpacked

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"

Say = Callable[[str], None]


def read_rows(
    stream: BinaryIO,
    reading: Reading,
    say: Say,
    expect: Callable[[int], None] = lambda number: None,
) -> Iterator[Row]:
    """Yield the rows of a stream of bytes that is at its start.

    `say` is called with a sentence about what is guessed, or passed over, and `expect` with the
    number of rows of a spreadsheet. Nothing is kept on disk. Raises FileError.
    """
    head, raw = begun(unpacked(stream), len(ZIP))
    if head == OLE:
        raise FileError(
            "This is an .xls of before Excel 2007, or has a password: "
            "save it as .xlsx without one, or as CSV."
        )
    decimals = Decimals(reading.decimal)
    if head == ZIP:
        cells = sheet_cells(buffered(raw), reading.sheet, say, reading.bounds, expect)
        yield from rows_of(cells, decimals, "", say)
        return
    lines = Lines(buffered(raw), reading.encoding, say, reading.bounds)
    first = _first_line(lines)
    if first.startswith("{"):
        yield from _ndjson(lines, first)
        return
    separator = reading.separator
    if not separator and (separator := declared_separator(first)):
        first = _first_line(lines)
    elif not separator and (separator := guessed_separator(first)) != ",":
        say(f"Read as separated by {SHOWN[separator]}.")
    yield from rows_of(_csv_cells(lines, first, separator), decimals, separator, say)


def _first_line(lines: Lines) -> str:
    """Return the next line that is not blank, "" at the end. Raises FileError."""
    try:
        for text in lines:
            if not text.isspace():
                return text
            lines.start()
    except RowTooLong as error:
        raise FileError(f"The first line cannot be read: {TOO_LONG}") from error
    return ""


def _ndjson(lines: Lines, first: str) -> Iterator[Row]:
    texts = itertools.chain([first], lines)
    while True:
        try:
            text = next(texts)
        except StopIteration:
            return
        except RowTooLong:
            texts = itertools.chain(lines)
            text = ""
        if lines.fault or not text.isspace():
            yield _ndjson_row(lines, text)
        lines.start()


def _ndjson_row(lines: Lines, text: str) -> Row:
    values, fault = None, lines.fault
    if not fault:
        try:
            values = parse_json(text.encode())
        except ParseError as error:
            fault = str(error.detail)
    return Row(lines.number, lines.text, values, fault)


def _csv_cells(lines: Lines, first: str, separator: str) -> Iterator[Cells]:
    texts: Iterable[str] = itertools.chain([first], lines) if first else lines
    number = lines.number
    while True:
        reader = csv.reader(texts, delimiter=separator, strict=True)
        try:
            while True:
                cells, fault = [], ""
                try:
                    cells = next(reader)
                except csv.Error as error:
                    fault = f"Not CSV: {error}."
                yield Cells(number, lines.text, cells, lines.fault or fault)
                lines.start()
                number = lines.number + 1
        except StopIteration:
            return
        except RowTooLong:
            yield Cells(number, lines.text, [], lines.fault)
            lines.start()
            number = lines.number + 1
            # Reading goes on behind the row.
            texts = lines

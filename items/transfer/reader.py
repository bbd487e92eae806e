"""Items read from files, row by row: CSV and NDJSON, plain and gzipped.

CSV is RFC 4180 in UTF-8 with a header; NDJSON has a JSON object on each line. A row that cannot be
read is returned with its fault, and reading goes on with the next.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from rest_framework.exceptions import ParseError

from fastapi_mongo_site.http.parsers import parse_json
from items.documents import COLUMNS, FIELDS

MAX_LINE_BYTES = 2**20
BOM = b"\xef\xbb\xbf"
NOT_UTF_8 = "Not UTF-8."
TOO_LONG = f"A line is longer than {MAX_LINE_BYTES} bytes; it is cut here."


class FileError(Exception):
    """The file as a whole cannot be read; the message says why."""


@dataclass(slots=True)
class Row:
    """A row: the physical line where it starts, its text, and its values or its fault."""

    line: int
    text: str
    values: Any = None
    fault: str = ""


class Lines:
    """The lines of a binary stream as text, with their numbers and faults.

    Bytes that are not UTF-8 become lone surrogates (PEP 383), which are written as the same bytes.
    """

    def __init__(self, stream: BinaryIO) -> None:
        """Take a stream that is at its start."""
        self.stream = stream
        self.number = 0
        self.start()

    def start(self) -> None:
        """Begin a row: forget the lines read so far."""
        self.taken: list[str] = []
        self.fault = ""

    def __iter__(self) -> Iterator[str]:
        """Yield each line with its end. Raises FileError."""
        while line := self._read():
            self.number += 1
            if self.number == 1:
                line = line.removeprefix(BOM)
            too_long = len(line) > MAX_LINE_BYTES
            rest = line
            while too_long and rest and not rest.endswith(b"\n"):
                rest = self._read()
            try:
                text = line.decode()
            except UnicodeDecodeError:
                text = line.decode(errors="surrogateescape")
                self.fault = NOT_UTF_8
            self.taken.append(text)
            if too_long:
                self.fault = TOO_LONG
                text = "\n"
            yield text

    def row(self, line: int, values: Any, fault: str = "") -> Row:
        """Return the row that the lines since `start` make."""
        return Row(line, "".join(self.taken).rstrip("\r\n"), values, self.fault or fault)

    def _read(self) -> bytes:
        try:
            return self.stream.readline(MAX_LINE_BYTES + 1)
        except EOFError as error:
            raise FileError(f"The gzip data ends early, behind line {self.number}.") from error
        except (OSError, zlib.error) as error:
            raise FileError(f"Cannot read on behind line {self.number}: {error}.") from error


def unpacked(raw: io.BufferedReader) -> io.BufferedReader:
    """Return the stream, unpacked if it is gzip (RFC 1952)."""
    if raw.peek(2)[:2] != b"\x1f\x8b":
        return raw
    return io.BufferedReader(cast(io.RawIOBase, gzip.GzipFile(fileobj=raw)), 2**16)


def is_ndjson(stream: io.BufferedReader) -> bool:
    """Tell NDJSON, which starts with a brace, from CSV, whose header does not. Raises FileError."""
    try:
        return stream.peek(4096).removeprefix(BOM).lstrip().startswith(b"{")
    except (EOFError, OSError, zlib.error) as error:
        raise FileError(f"Cannot read: {error}.") from error


def read_rows(stream: BinaryIO, ndjson: bool) -> Iterator[Row]:
    """Yield the rows of a stream at its start, CSV's values as text. Raises FileError."""
    return (_ndjson if ndjson else _csv)(Lines(stream))


def _ndjson(lines: Lines) -> Iterator[Row]:
    for text in lines:
        if text.isspace():
            lines.start()
            continue
        values, fault = None, lines.fault
        if not fault:
            try:
                values = parse_json(text.encode())
            except ParseError as error:
                fault = str(error.detail)
        yield lines.row(lines.number, values, fault)
        lines.start()


def _csv(lines: Lines) -> Iterator[Row]:
    reader = csv.reader(iter(lines), strict=True)
    header: list[str] | None = None
    while True:
        lines.start()
        line = lines.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            cells, fault = [], f"Not CSV: {error}."
        else:
            if not cells and not lines.fault:
                continue
            fault = ""
        if header is None:
            header = _checked_header(cells, lines.fault or fault)
        elif not fault and len(cells) != len(header):
            yield lines.row(line, None, f"Has {len(cells)} columns, not {len(header)}.")
        else:
            yield lines.row(line, dict(zip(header, cells, strict=False)), fault)
    if header is None:
        raise FileError("The file is empty.")


def _checked_header(names: list[str], fault: str) -> list[str]:
    if fault:
        raise FileError(f"The header cannot be read: {fault}")
    if missing := [name for name in FIELDS if name not in names]:
        raise FileError(f"The header lacks {', '.join(missing)}: it is {','.join(names)[:100]!r}.")
    if unknown := [name for name in names if name not in COLUMNS]:
        raise FileError(f"The header has unknown columns: {', '.join(unknown)[:100]!r}.")
    if len(set(names)) < len(names):
        raise FileError("The header names a column twice.")
    return names

"""What a reader of a file is told, and what it gives."""

from dataclasses import dataclass
from typing import Any

MAX_ROW_BYTES = 2**20


class FileError(Exception):
    """The file as a whole cannot be read; the message says why."""


@dataclass(frozen=True)
class Bounds:
    """What it may take to read a file: lines, those that are blank too, and for a spreadsheet."""

    lines: int = 50_000_000
    memory_bytes: int = 768 * 2**20
    cpu_seconds: int = 120

    def check(self, line: int) -> None:
        """Raise FileError for a line beyond them."""
        if line > self.lines:
            raise FileError(f"There are more than {self.lines} lines.")


@dataclass(frozen=True)
class Reading:
    """How a file is to be read; what is empty is guessed, and the guess is said."""

    encoding: str = ""
    """`utf-8`, `utf-16` or `windows-1252`."""
    separator: str = ""
    """Of the cells of CSV: one character."""
    decimal: str = ""
    """The decimal mark of numbers: `,` or `.`."""
    sheet: str = ""
    """The name of a sheet of a spreadsheet."""
    bounds: Bounds = Bounds()


@dataclass(slots=True)
class Row:
    """A row: the physical line where it starts, its text, and its values or its fault."""

    line: int
    text: str
    values: Any = None
    fault: str = ""


@dataclass(slots=True)
class Cells:
    """The cells of a row before their columns are known; `fault` says why they are not right."""

    line: int
    text: str
    cells: list[Any]
    fault: str = ""

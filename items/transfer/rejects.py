"""The file of the rows that an import refuses."""

import contextlib
import csv
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from items.transfer.formulas import guarded
from items.transfer.outputs import appearing
from items.transfer.rows import Row

HEADER = ("line", "reason", "row")


class Rejects:
    """A CSV file of rows at fault, safe to open in a spreadsheet: line, reason, and the row's text.

    It is there once the block has ended, also by an error. A file of an earlier run is replaced, by
    an empty list where no row is refused; where there is none, none is made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stack = contextlib.ExitStack()
        self._writer: Any = None

    def __enter__(self) -> "Rejects":
        return self

    def __exit__(self, *error: object) -> None:
        """Put the file into its place. Raises OSError."""
        if self._writer is None and self.path.is_file():
            self._open()
        self._stack.close()

    def write(self, row: Row) -> None:
        """Add a row. Raises OSError."""
        if self._writer is None:
            self._open()
        self._writer.writerow([row.line, guarded(row.fault), guarded(row.text)])

    def _open(self) -> None:
        stream = self._stack.enter_context(appearing(self.path))
        # Bytes that are not right in the file's encoding are written as they came.
        text = SimpleNamespace(write=lambda row: stream.write(row.encode(errors="surrogateescape")))
        self._writer = csv.writer(text)
        self._writer.writerow(HEADER)

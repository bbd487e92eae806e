"""How far an import is: a bar on a terminal, else a line now and then."""

import io
import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any, BinaryIO

from tqdm import tqdm

from items.transfer.imports import BATCH_ROWS, Importer
from items.transfer.reader import ZIP

PLAIN_LINE_EVERY_ROWS = 10 * BATCH_ROWS
BAR = "{l_bar}{bar}| {remaining} left{postfix}"
BAR_WITHOUT_END = "{n_fmt} rows, {rate_fmt}"


class Progress:
    """Shows, when it is called, how far an import is: rows, rate, and the time that is left."""

    def __init__(
        self, stderr: Any, stream: BinaryIO, importer: Importer, summary: Callable[[Importer], str]
    ) -> None:
        """Take the stream that is read: how much of it is left tells the time that is left."""
        self.stderr = stderr
        self.stream = stream
        self.importer = importer
        self.summary = summary
        self.size = _size(stream) if stream.seekable() else 0
        self.rows = 0
        self._bar: tqdm[Any] | None = None

    def __enter__(self) -> "Progress":
        if self.stderr.isatty():
            self._bar = tqdm(
                total=self.size or None,
                bar_format=BAR if self.size else BAR_WITHOUT_END,
                unit=" rows",
                file=sys.stderr,
                leave=False,
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()

    def expect(self, number: int) -> None:
        """Take the number of rows, where the stream does not tell how much is left."""
        self.rows = number
        if self._bar is not None:
            self._bar.total, self._bar.bar_format = number, BAR

    def __call__(self) -> None:
        """Show how far the import is."""
        if self._bar is None:
            if self.importer.read % PLAIN_LINE_EVERY_ROWS == 0:
                self.stderr.write(self.summary(self.importer))
            return
        rows = self.importer.read
        if self.size or self.rows:
            seconds = max(self._bar.format_dict["elapsed"], 0.001)
            self._bar.set_postfix_str(f"{rows} rows, {rows / seconds:.0f} rows/s", refresh=False)
        self._bar.n = self.stream.tell() if self.size else rows
        self._bar.refresh()


def _size(stream: BinaryIO) -> int:
    """Return the bytes of a stream; 0 for a spreadsheet, of which all is read before its rows."""
    here = stream.tell()
    head = stream.read(len(ZIP))
    end = stream.seek(0, io.SEEK_END)
    stream.seek(here)
    return end if head != ZIP else 0

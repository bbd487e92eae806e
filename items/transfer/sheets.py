"""The rows of a spreadsheet, `.xlsx` or `.ods`, by python-calamine in a process of its own."""

import contextlib
import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from items.transfer.rows import MAX_ROW_BYTES, Bounds, Cells, FileError
from items.transfer.tables import shown
from items.transfer.unpacking import CHUNK_BYTES

PROCESS = Path(__file__).with_name("sheet_process.py")
TOO_LARGE = "The spreadsheet takes too much memory or time to read: save the sheet as CSV."


def sheet_cells(
    stream: BinaryIO,
    wanted: str,
    say: Callable[[str], None],
    bounds: Bounds,
    expect: Callable[[int], None],
) -> Iterator[Cells]:
    """Yield the rows of a sheet, of the first one for ""; their lines are its row numbers.

    `expect` is called with the number of rows. Raises FileError.
    """
    with _process(wanted, bounds) as process:
        assert process.stdin and process.stdout  # noqa: S101 - for the type checker
        # A process that was ended by a limit reads no more.
        with contextlib.suppress(BrokenPipeError), process.stdin as sink:
            while chunk := stream.read(CHUNK_BYTES):
                sink.write(chunk)
        head = _parsed(process.stdout)
        if not isinstance(head, dict):
            raise FileError(TOO_LARGE)
        if "error" in head:
            raise FileError(f"The spreadsheet cannot be read: {head['error']}.")
        if not wanted and len(head["sheets"]) > 1:
            say(f"Read the sheet {head['sheet']!r}, the first of {len(head['sheets'])}.")
        expect(head["rows"])
        if head["errors"]:
            say("Cells with an error, such as #N/A, are read as empty.")
        number = 0
        while (row := _parsed(process.stdout)) is not None:
            number += 1
            bounds.check(number)
            yield Cells(number, text_of(row), row)
        if process.wait():
            raise FileError(f"{TOO_LARGE} It ends behind row {number}.")


def text_of(cells: list[Any]) -> str:
    """Return cells as a line of CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(map(shown, cells))
    return text.getvalue()


@contextlib.contextmanager
def _process(wanted: str, bounds: Bounds) -> Iterator[subprocess.Popen[bytes]]:
    limits = str(bounds.memory_bytes), str(bounds.cpu_seconds)
    process = subprocess.Popen(
        [sys.executable, "-I", str(PROCESS), wanted, *limits],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        # Ctrl-C is for the parent, which then ends this one.
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.kill()
        if process.stdout:
            process.stdout.close()
        process.wait()


def _parsed(lines: Any) -> Any:
    """Return what the next line of JSON holds, None at the end."""
    line = lines.readline(8 * MAX_ROW_BYTES)
    return json.loads(line) if line.endswith(b"\n") else None

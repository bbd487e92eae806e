"""Reads one sheet of a spreadsheet, `.xlsx` or `.ods`, in a process of its own.

From standard input comes the file. To standard output go lines of JSON: `{"sheet", "sheets",
"rows", "errors"}` or `{"error"}`, then each row as a list of text, numbers, booleans and
`{"date"}`.

calamine makes an array as wide and as high as the cells that are filled, and a failed allocation
aborts the process: a file of a kilobyte with a cell in the last corner is enough. So its memory is
limited, and nobody else's is touched. It runs alone (`python -I`), without the project.
"""

import datetime
import io
import json
import re
import resource
import sys
import zipfile
import zlib
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

MAX_UNPACKED_BYTES = 256 * 2**20
CHUNK_BYTES = 2**16

UNREADABLE = (
    *(CalamineError, EOFError, IndexError, ValueError, zipfile.BadZipFile, zlib.error),
    RuntimeError,  # encrypted, or packed in a way that zipfile does not know
)

# Of .xlsx, and of .ods.
ERROR_CELL = re.compile(rb'<c [^<>]{0,80}t="e"|calcext:value-type="error"')
LONGEST_MATCH = 100


def main(wanted: str, memory_bytes: int, cpu_seconds: int) -> None:
    """Write the rows of the wanted sheet, of the first one for ""."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    try:
        file = io.BytesIO(sys.stdin.buffer.read())
        with zipfile.ZipFile(file) as archive:
            size = sum(part.file_size for part in archive.infolist())
            if size > MAX_UNPACKED_BYTES:
                raise ValueError(f"unpacks to {size} bytes, of {MAX_UNPACKED_BYTES} that are read")
            errors = any(has_error(archive, part) for part in archive.infolist())
        file.seek(0)
        book = CalamineWorkbook.from_filelike(file)
        name = wanted or book.sheet_names[0]
        if name not in book.sheet_names:
            raise ValueError(f"has no sheet {name!r}, but {', '.join(book.sheet_names)}")
        sheet = book.get_sheet_by_name(name)
    except UNREADABLE as error:
        write({"error": str(error)})
        return
    rows = sheet.total_height
    write({"sheet": name, "sheets": book.sheet_names, "rows": rows, "errors": errors})
    for row in sheet.iter_rows():
        write(row)


def has_error(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    """Tell whether a part has cells with an error, such as #N/A, which calamine gives as empty."""
    tail = b""
    with archive.open(part) as stream:
        while chunk := stream.read(CHUNK_BYTES):
            if ERROR_CELL.search(tail + chunk):
                return True
            tail = chunk[-LONGEST_MATCH:]
    return False


def write(value: Any) -> None:
    """Write a line of JSON."""
    sys.stdout.write(json.dumps(value, default=date_of) + "\n")


def date_of(value: Any) -> dict[str, str]:
    """Return a date or a time for JSON."""
    text = value.isoformat() if isinstance(value, (datetime.date, datetime.time)) else str(value)
    return {"date": text}


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))

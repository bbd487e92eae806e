"""Upload of a list: first what it would do, then, with the same file again, the doing.

No worker keeps anything in between: the digest of the preview tells whether the file, or what is
stored, has changed meanwhile.
"""

import hashlib
import threading
from itertools import islice
from typing import Any

from django.db import IntegrityError
from rest_framework.request import Request
from rest_framework.response import Response

from items.transfer.imports import Importer
from items.transfer.matching import ById, ByName, ChoiceNeededError
from items.transfer.preview import Preview
from items.transfer.reader import read_rows
from items.transfer.rows import Bounds, FileError, Reading, Row
from stock.base import StockView

MAX_ROWS = 5_000
SHOWN_LINES = 200
# A kilobyte may unpack to a million empty rows, or to gigabytes of cells. Five thousand rows of a
# spreadsheet take 100 MiB and a second.
READING = Reading(bounds=Bounds(lines=20 * MAX_ROWS, memory_bytes=192 * 2**20, cpu_seconds=10))
WAIT_SECONDS = 5.0
MATCHINGS = ("id", "name")


# Of all threads of a worker: a spreadsheet takes memory beside the service's own.
_reading = threading.Lock()


class TooManyRowsError(Exception):
    """The file is for the command."""


class UploadView(StockView):
    """`/stock/upload`."""

    def get(self, request: Request) -> Response:
        """Return the form."""
        return self.page("upload", match="name", max_rows=MAX_ROWS)

    def post(self, request: Request) -> Response:
        """Return the preview; with its digest, store the rows."""
        file = request.FILES.get("file")
        match = self.typed.get("match", "")
        if file is None or match not in MATCHINGS:
            return self._answer(400, problem="Choose a file.", match="name")
        context: dict[str, Any] = {"match": match, "name": file.name}
        if not _reading.acquire(timeout=WAIT_SECONDS):
            problem = "Other lists are being read. Try again in a moment."
            return self._answer(503, problem=problem, **context)
        try:
            seen = Look(file, match)
            context |= {"look": seen, "digest": seen.digest}
            if not self.typed.get("digest"):
                return self._answer(200, **context)
            if self.typed["digest"] != seen.digest:
                problem = "The file or the items have changed since. Look at it again."
                return self._answer(409, problem=problem, **context)
            done = imported(file, match, self.typed.get("key", ""))
        except TooManyRowsError:
            command = f".venv/bin/python manage.py import_items FILE --match={match}"
            problem = f"More than {MAX_ROWS} rows: on the server, {command} takes them."
            return self._answer(413, problem=problem, **context)
        except (FileError, ChoiceNeededError, IntegrityError) as error:
            return self._answer(400, problem=str(error), **context)
        finally:
            _reading.release()
        return self._answer(200, done=done, match=match, name=file.name)

    def _answer(self, status: int, **context: Any) -> Response:
        kind = self.part if self.for_htmx else self.page
        return kind("upload", status, max_rows=MAX_ROWS, **context)


class Look:
    """What storing a file would do."""

    def __init__(self, file: Any, match: str) -> None:
        """Read it. Raises FileError, ChoiceNeededError, TooManyRowsError."""
        self.said: list[str] = []
        self.lines: list[str] = []
        self.refused: list[str] = []
        self._hash = hashlib.sha256(match.encode())
        file.seek(0)
        for chunk in file.chunks():
            self._hash.update(chunk)
        self.counts = Preview(*matching(file, match), self._refuse, self._tell)
        run(self.counts, file, self.said.append)
        self.more = max(0, self.counts.added + self.counts.changed - SHOWN_LINES)
        self.digest = self._hash.hexdigest()

    def _tell(self, line: str) -> None:
        self._hash.update(line.encode(errors="surrogateescape"))
        if len(self.lines) < SHOWN_LINES:
            self.lines.append(line)

    def _refuse(self, row: Row) -> None:
        if len(self.refused) < SHOWN_LINES:
            self.refused.append(f"Line {row.line}: {row.fault}")


def imported(file: Any, match: str, key: str) -> Importer:
    """Store a file's rows; return the counts. Raises FileError, DatabaseError.

    Two requests at once with one key, as two clicks without scripts send, add its items once.
    """
    importer = Importer(*matching(file, match, key), lambda row: None)
    run(importer, file, lambda sentence: None)
    return importer


def matching(file: Any, match: str, key: str = "") -> tuple[ById | ByName, str]:
    """Return which stored item a row is about, and what becomes of that."""
    if match == "name":
        return ByName(key), "update"
    return ById(file.name.removesuffix(".gz"), ask=True), "update"


def run(importer: Importer, file: Any, say: Any) -> None:
    """Put a file's rows through an importer. Raises TooManyRowsError beyond MAX_ROWS."""
    file.seek(0)
    rows = read_rows(file, READING, say)
    importer.run(islice(rows, MAX_ROWS), lambda: None)
    if next(rows, None) is not None:
        raise TooManyRowsError

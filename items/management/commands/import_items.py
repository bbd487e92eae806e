"""Import items from a file, as many as there are, and safely again."""

import contextlib
import csv
import io
import signal
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, IntegrityError, OperationalError
from tqdm import tqdm

from items.documents import FIELDS
from items.transfer.imports import BATCH_ROWS, Importer
from items.transfer.reader import FileError, Row, is_ndjson, read_rows, unpacked

PLAIN_LINE_EVERY_ROWS = 10 * BATCH_ROWS


class Command(BaseCommand):
    """`manage.py import_items FILE|-`: exit code 0 when no row was refused, else 1."""

    help = (
        f"Import items from CSV (with a header: {', '.join(FIELDS)} and, if there are "
        "any, id) or NDJSON, plain or gzipped, by the rules of the API. Rows at fault go to a CSV "
        "file with their line and the reason. A row without an id gets one made of the file's "
        "name, its line and its text, so that the same file can be imported again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the file and the options."""
        parser.add_argument("file", help="the file, or - for standard input")
        parser.add_argument(
            "--on-conflict",
            choices=["fail", "skip", "update"],
            default="fail",
            help="when an id is taken: stop there (the default; the rows before it are in), leave "
            "the stored item, or set its fields",
        )
        parser.add_argument("--dry-run", action="store_true", help="check all, store nothing")
        parser.add_argument(
            "--rejects",
            type=Path,
            help="where rows at fault go, default FILE.rejects.csv; replaces an earlier one",
        )
        parser.add_argument(
            "--name", default="", help="what to make missing ids of, default the file's name"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Import; progress and a summary go to stderr."""
        file = options["file"]
        beside = Path(f"{'stdin' if file == '-' else file}.rejects.csv")
        rejects = Rejects(options["rejects"] or beside)
        if file != "-" and rejects.path.resolve() == Path(file).resolve():
            raise CommandError("--rejects names the file itself.")
        try:
            with opened(file) as raw, rejects:
                stream = unpacked(raw)
                ndjson = is_ndjson(stream)
                importer = Importer(
                    options["name"] or ("" if file == "-" else Path(file).name.removesuffix(".gz")),
                    options["on_conflict"],
                    rejects.write,
                    text=not ndjson,
                    dry_run=options["dry_run"],
                )
                with self._progress(importer, raw) as progress:
                    self._run(importer, read_rows(stream, ndjson), progress)
        except (FileError, DatabaseError, OSError) as error:
            raise CommandError(f"{file}: {error}") from error
        self.stderr.write(self._summary(importer))
        if importer.rejected:
            self.stderr.write(f"The rejected rows are in {rejects.path}.")
            raise SystemExit(1)

    def _run(self, importer: Importer, rows: Iterator[Row], progress: Callable[[], None]) -> None:
        try:
            importer.run(rows, progress)
        except IntegrityError as error:
            hint = "--on-conflict=skip leaves such items, --on-conflict=update changes them."
            raise CommandError(f"{error} {hint} {self._summary(importer)}") from error
        except OperationalError as error:
            text = f"The database does not answer: {error}. {self._in_part(importer)}"
            raise CommandError(text) from error
        except (DatabaseError, FileError) as error:
            if not importer.read:
                raise
            raise CommandError(f"{error} {self._in_part(importer)}") from error
        except KeyboardInterrupt:
            self.stderr.write(f"Interrupted. {self._in_part(importer)}")
            raise SystemExit(128 + signal.SIGINT) from None

    def _in_part(self, importer: Importer) -> str:
        """Return what is in, and how to go on. A batch under way may be in, too, or in part."""
        # Skipping would leave behind what an update has not come to.
        on_conflict = "update" if importer.on_conflict == "update" else "skip"
        return (
            f"{self._summary(importer)} Up to {BATCH_ROWS} more may be in. "
            f"To go on, run it again with --on-conflict={on_conflict}."
        )

    def _summary(self, importer: Importer) -> str:
        would = "Dry run, nothing is stored: " if importer.dry_run else ""
        return (
            f"{would}{importer.read} rows read: {importer.added} added, "
            f"{importer.updated} updated, {importer.skipped} skipped, {importer.rejected} rejected."
        )

    @contextlib.contextmanager
    def _progress(self, importer: Importer, raw: io.BufferedReader) -> Iterator[Callable[[], None]]:
        """Give a function that shows how far the import is: a bar on a terminal, else lines."""
        if not self.stderr.isatty():
            yield lambda: self._plain_line(importer)
            return
        size = Path(raw.name).stat().st_size if raw.seekable() else None
        unit = "B" if size else " rows"
        # Never too often: each call comes a thousand rows after the last.
        with tqdm(
            total=size, unit=unit, unit_scale=True, file=sys.stderr, leave=False, mininterval=0
        ) as bar:
            yield lambda: cast(None, bar.update((raw.tell() if size else importer.read) - bar.n))

    def _plain_line(self, importer: Importer) -> None:
        if importer.read % PLAIN_LINE_EVERY_ROWS == 0:
            self.stderr.write(self._summary(importer))


@contextlib.contextmanager
def opened(file: str) -> Iterator[io.BufferedReader]:
    """Open a file, or standard input, for reading bytes. Raises OSError."""
    if file == "-":
        yield cast(io.BufferedReader, sys.stdin.buffer)
        return
    with Path(file).open("rb") as stream:
        yield stream


class Rejects:
    """The CSV file of rows at fault (line, reason, row as it came), there only if it has one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stack = contextlib.ExitStack()
        self._writer: Any = None

    def __enter__(self) -> "Rejects":
        """Remove the file of an earlier run."""
        self.path.unlink(missing_ok=True)
        return self

    def __exit__(self, *error: object) -> None:
        """Close the file."""
        self._stack.close()

    def write(self, row: Row) -> None:
        """Add a row. Raises OSError."""
        if self._writer is None:
            # Bytes that are not UTF-8 are written as they came.
            file = self.path.open("w", encoding="utf-8", errors="surrogateescape", newline="")
            self._writer = csv.writer(self._stack.enter_context(file))
            self._writer.writerow(["line", "reason", "row"])
        self._writer.writerow([row.line, row.fault, row.text])

"""Import items from a file, as many as there are, and safely again."""

import contextlib
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import CommandError
from django.db import DatabaseError, IntegrityError, OperationalError

from fastapi_mongo_site.command_help import ProjectCommand
from items.management.endings import (
    AWAY,
    INCOMPLETE,
    INTERRUPTED,
    STOPPED,
    interruptible,
    printable,
)
from items.management.progress import Progress
from items.transfer.decimals import MARKS
from items.transfer.encodings import SHOWN as ENCODINGS
from items.transfer.imports import BATCH_ROWS, Importer
from items.transfer.matching import ById, ByName, ChoiceNeededError
from items.transfer.preview import Preview
from items.transfer.reader import read_rows
from items.transfer.rejects import Rejects
from items.transfer.rows import FileError, Reading, Row

SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t"}
CHOICE = (
    "Choose: --match=name changes the items of these names, --match=id adds others beside them."
)
EXAMPLES = """\
examples:
  manage.py import_items items.xlsx --dry-run              see what would change
  manage.py import_items list.csv --match=name             change the items of these names
  manage.py import_items items.csv.gz --on-conflict=skip   go on where it was stopped
  manage.py import_items preise.csv --decimal=comma        where 1.234 is a thousand
  zcat items.csv.gz | manage.py import_items - --name=monday

exit codes:
  0    every row is in
  1    rows were refused; the others are in
  2    stopped: the file, an option, or an item that is there; the message says what is in
  3    the database does not answer; the message says how to go on
  130  interrupted, by Ctrl-C or SIGTERM
"""


class Command(ProjectCommand):
    """`manage.py import_items FILE|-`: the end of its help has the exit codes."""

    help = (
        "Import items by the rules of the API: from CSV, .xlsx or .ods with a header (name, "
        "category, count, price and, if there are any, id), or from NDJSON; plain or gzipped. How "
        "a file is read is guessed, said, and can be set. Rows at fault go to a CSV file with "
        "their line and the reason."
    )
    examples = EXAMPLES

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the file and the options."""
        parser.add_argument("file", help="the file, or - for standard input")
        parser.add_argument(
            "--match",
            choices=["id", "name"],
            help="which stored item a row is about: the one of its id (the default; a row without "
            "gets an id made of the file's name, its line and its text, the same each time), or "
            "the one of its name, in any case",
        )
        parser.add_argument(
            "--on-conflict",
            choices=["fail", "skip", "update"],
            help="when that item is there: stop (the default with ids; the rows before are in), "
            "leave it, or set its fields (the default with --match=name)",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="store nothing, and show what would change"
        )
        parser.add_argument(
            "--rejects",
            type=Path,
            help="where rows at fault go, default FILE.rejects.csv; replaces an earlier one",
        )
        parser.add_argument(
            "--name", default="", help="what to make missing ids of, default the file's name"
        )
        parser.add_argument("--encoding", choices=list(ENCODINGS), default="")
        parser.add_argument("--separator", choices=list(SEPARATORS), help="of CSV")
        parser.add_argument("--decimal", choices=list(MARKS), help="the decimal mark")
        parser.add_argument("--sheet", default="", help="of a spreadsheet, default the first")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import; progress, guesses and a summary go to stderr, a dry run's changes to stdout."""
        file = options["file"]
        beside = Path(f"{'stdin' if file == '-' else file}.rejects.csv")
        rejects = Rejects(options["rejects"] or beside)
        reading = Reading(
            options["encoding"],
            SEPARATORS.get(options["separator"], ""),
            MARKS.get(options["decimal"], ""),
            options["sheet"],
        )
        try:
            with interruptible(), opened(file) as stream:
                if file != "-" and rejects.path.exists() and rejects.path.samefile(file):
                    raise CommandError("--rejects names the file itself.", returncode=STOPPED)
                importer = self._importer(options, rejects.write)
                progress = Progress(self.stderr, stream, importer, self._summary)
                rows = read_rows(stream, reading, self._say, progress.expect)
                with rejects, progress:
                    self._run(importer, rows, progress)
        except (FileError, DatabaseError, OSError) as error:
            raise CommandError(f"{file}: {error}", returncode=STOPPED) from error
        self._say(self._summary(importer))
        if importer.rejected:
            self._say(f"The rejected rows are in {rejects.path}.")
            raise SystemExit(INCOMPLETE)

    def _importer(self, options: dict[str, Any], reject: Callable[[Row], None]) -> Importer:
        file, match = options["file"], options["match"]
        name = options["name"] or ("" if file == "-" else Path(file).name.removesuffix(".gz"))
        matching = ByName() if match == "name" else ById(name, ask=match is None)
        on_conflict = options["on_conflict"] or ("update" if match == "name" else "fail")
        if not options["dry_run"]:
            return Importer(matching, on_conflict, reject)

        def refuse(row: Row) -> None:
            self._show(f"Line {row.line}: refused, {row.fault}")
            reject(row)

        return Preview(matching, on_conflict, refuse, self._show)

    def _say(self, text: str) -> None:
        # Not in red, which is for errors.
        self.stderr.write(printable(text), style_func=str)

    def _show(self, text: str) -> None:
        self.stdout.write(printable(text))

    def _run(self, importer: Importer, rows: Iterator[Row], progress: Callable[[], None]) -> None:
        stop = partial(CommandError, returncode=STOPPED)
        try:
            importer.run(rows, progress)
        except IntegrityError as error:
            hint = "--on-conflict=skip leaves such items, --on-conflict=update changes them."
            raise stop(f"{error} {hint} {self._summary(importer)}") from error
        except ChoiceNeededError as error:
            raise stop(f"{error} {CHOICE} {self._summary(importer)}") from error
        except OperationalError as error:
            text = f"The database does not answer: {error}. {self._in_part(importer)}"
            raise CommandError(text, returncode=AWAY) from error
        except (DatabaseError, FileError) as error:
            if not importer.read:
                raise
            raise stop(f"{error} {self._in_part(importer)}") from error
        except KeyboardInterrupt:
            self._say(f"Interrupted. {self._in_part(importer)}")
            raise SystemExit(INTERRUPTED) from None

    def _in_part(self, importer: Importer) -> str:
        """Return what is in, and how to go on. A batch under way may be in, too, or in part."""
        again = "Run it again as it was."
        if not isinstance(importer.matching, ByName):
            # Skipping would leave behind what an update has not come to.
            on_conflict = "update" if importer.on_conflict == "update" else "skip"
            again = f"To go on, run it again with --on-conflict={on_conflict}."
        return f"{self._summary(importer)} Up to {BATCH_ROWS} more may be in. {again}"

    def _summary(self, importer: Importer) -> str:
        would = "Dry run, nothing is stored: " if isinstance(importer, Preview) else ""
        return (
            f"{would}{importer.read} rows read: {importer.added} added, {importer.changed} changed,"
            f" {importer.unchanged} unchanged, {importer.skipped} skipped,"
            f" {importer.rejected} rejected."
        )


@contextlib.contextmanager
def opened(file: str) -> Iterator[BinaryIO]:
    """Open a file, or standard input, for reading bytes. Raises OSError."""
    if file == "-":
        yield sys.stdin.buffer
        return
    with Path(file).open("rb") as stream:
        yield stream

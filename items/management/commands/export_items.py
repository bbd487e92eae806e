"""Export all items to a file that import_items takes back as they are."""

import contextlib
import gzip
import io
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

from django.core.management.base import CommandError
from django.db import OperationalError

from fastapi_mongo_site.command_help import ProjectCommand
from items.documents import as_item
from items.management.endings import AWAY, INTERRUPTED, STOPPED, interruptible
from items.models import Item
from items.rules import StoredItemRules
from items.transfer.outputs import appearing
from items.transfer.writer import item_writer

FORMATS = {".csv": "csv", ".ndjson": "ndjson", ".jsonl": "ndjson"}
EXAMPLES = """\
examples:
  manage.py export_items items.csv
  manage.py export_items items.ndjson.gz
  manage.py export_items --format=csv | head

exit codes:
  0    every item is in the file
  2    stopped: an option, or the file cannot be written; it is as it was
  3    the database does not answer; the file is as it was
  130  interrupted, by Ctrl-C or SIGTERM; the file is as it was
"""
NAMES_OF_FORMATS = ", ".join(f"*{suffix}" for suffix in FORMATS)


class Command(ProjectCommand):
    """`manage.py export_items [FILE|-]`: exit code 0 when every item is in the file."""

    help = (
        "Export all items, in the order of their ids, as CSV or NDJSON, gzipped if the file's name "
        "ends in .gz. Nothing is escaped for spreadsheets: import_items takes the file back as it "
        "is. The file appears only when it is complete."
    )
    examples = EXAMPLES

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the file and its format."""
        parser.add_argument("file", nargs="?", default="-", help="default standard output")
        parser.add_argument(
            "--format",
            choices=sorted(set(FORMATS.values())),
            help=f"default by the file's name: {NAMES_OF_FORMATS}",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Write every item; a summary goes to stderr."""
        file = options["file"]
        suffix = Path(file.removesuffix(".gz")).suffix
        chosen = options["format"] or FORMATS.get(suffix)
        if chosen is None:
            raise CommandError(
                f"Say --format, or name the file {NAMES_OF_FORMATS} (or with .gz).",
                returncode=STOPPED,
            )
        written = broken = 0
        rules = StoredItemRules()
        try:
            with interruptible(), output(file) as stream, Item.objects.documents() as documents:
                write = item_writer(stream, chosen, guard_formulas=False)
                for document in documents:
                    write(as_item(document))
                    written += 1
                    broken += bool(rules.fault_of(document))
        except OperationalError as error:
            raise CommandError(f"The database does not answer: {error}", returncode=AWAY) from error
        except OSError as error:
            raise CommandError(f"{file}: {error}", returncode=STOPPED) from error
        except KeyboardInterrupt:
            self.stderr.write(f"Interrupted: {file} is as it was.")
            raise SystemExit(INTERRUPTED) from None
        self.stderr.write(f"{written} items exported.")
        if broken:
            self.stderr.write(
                f"{broken} of them break today's rules (see check_items): import_items will reject "
                "them."
            )


@contextlib.contextmanager
def output(file: str) -> Iterator[BinaryIO]:
    """Open standard output or a file for bytes, packed if its name says so. Raises OSError.

    The file is there, or replaced, once it is complete.
    """
    if file == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path = Path(file)
    with appearing(path) as stream:
        if path.suffix != ".gz":
            yield stream
            return
        with (
            gzip.GzipFile(path.stem, "wb", fileobj=stream) as packed,
            io.BufferedWriter(cast(io.RawIOBase, packed), 2**16) as buffered,
        ):
            yield buffered

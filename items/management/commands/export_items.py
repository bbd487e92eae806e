"""Export all items to a file that import_items takes back as they are."""

import contextlib
import gzip
import io
import os
import signal
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from items.documents import as_item
from items.models import Item
from items.rules import StoredItemRules
from items.transfer.writer import item_writer

FORMATS = {".csv": "csv", ".ndjson": "ndjson", ".jsonl": "ndjson"}
NAMES_OF_FORMATS = ", ".join(f"*{suffix}" for suffix in FORMATS)


class Command(BaseCommand):
    """`manage.py export_items [FILE|-]`: exit code 0 when every item is in the file."""

    help = (
        "Export all items, in the order of their ids, as CSV or NDJSON, gzipped if the file's name "
        "ends in .gz. Nothing is escaped for spreadsheets: import_items takes the file back as it "
        "is. The file appears only when it is complete."
    )

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
            raise CommandError(f"Say --format, or name the file {NAMES_OF_FORMATS} (or with .gz).")
        written = broken = 0
        rules = StoredItemRules()
        try:
            with appearing(file) as stream, Item.objects.documents() as documents:
                write = item_writer(stream, chosen, guard_formulas=False)
                for document in documents:
                    write(as_item(document))
                    written += 1
                    broken += bool(rules.fault_of(document))
        except OperationalError as error:
            raise CommandError(f"The database does not answer: {error}") from error
        except OSError as error:
            raise CommandError(f"{file}: {error}") from error
        except KeyboardInterrupt:
            self.stderr.write(f"Interrupted: {file} is as it was.")
            raise SystemExit(128 + signal.SIGINT) from None
        self.stderr.write(f"{written} items exported.")
        if broken:
            self.stderr.write(
                f"{broken} of them break today's rules (see check_items): import_items will reject "
                "them."
            )


@contextlib.contextmanager
def appearing(file: str) -> Iterator[BinaryIO]:
    """Open standard output, or a file that has its name only once it is complete, for bytes.

    A file of that name is replaced then; it stays when anything goes wrong. Raises OSError.
    """
    if file == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path = Path(file)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with contextlib.ExitStack() as stack:
            raw = stack.enter_context(part.open("xb"))
            stream: BinaryIO = raw
            if path.suffix == ".gz":
                packed = stack.enter_context(gzip.GzipFile(path.stem, "wb", fileobj=raw))
                stream = cast(BinaryIO, stack.enter_context(io.BufferedWriter(packed, 2**16)))
            yield stream
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)

"""Load two hundred items of a workshop, to try the service with."""

from pathlib import Path
from typing import Any

from fastapi_mongo_site.command_help import ProjectCommand
from items.transfer.imports import Importer
from items.transfer.matching import ByName
from items.transfer.reader import read_rows
from items.transfer.rows import Reading, Row

SAMPLES = Path(__file__).parents[2] / "samples.csv"
EXAMPLES = """\
examples:
  manage.py load_samples

Samples whose names are there are left as they are, so it can be run again.
"""


class Command(ProjectCommand):
    """`manage.py load_samples`; it changes no item."""

    help = "Load two hundred items of a workshop, to try the service with."
    examples = EXAMPLES

    def handle(self, *args: Any, **options: Any) -> None:
        """Add those whose names are not there; a count goes to stdout."""
        left: list[Row] = []
        importer = Importer(ByName(), "skip", left.append)
        with SAMPLES.open("rb") as stream:
            importer.run(read_rows(stream, Reading(), self.stderr.write), lambda: None)
        there = importer.skipped + len(left)
        self.stdout.write(f"{importer.added} samples added, {there} were there already.")

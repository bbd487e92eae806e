"""Report stored items that break today's rules, which the API serves as they are."""

from typing import Any

from fastapi_mongo_site.command_help import ProjectCommand
from items.models import Item
from items.rules import StoredItemRules

PROGRESS_EVERY_ITEMS = 100_000


EXAMPLES = """\
examples:
  manage.py check_items
  manage.py check_items > faults.txt

exit codes:
  0    every item is as it should be
  1    some are not, or the database does not answer
"""


class Command(ProjectCommand):
    """`manage.py check_items`: the end of its help has the exit codes."""

    help = "Report stored items that break today's rules: a line for each, then a count."
    examples = EXAMPLES

    def handle(self, *args: Any, **options: Any) -> None:
        """Read every document once; write the faults to stdout, progress to stderr."""
        rules = StoredItemRules()
        checked = broken = 0
        with Item.objects.documents() as documents:
            for document in documents:
                checked += 1
                if fault := rules.fault_of(document):
                    broken += 1
                    self.stdout.write(f"{document['_id']}: {fault}")
                if checked % PROGRESS_EVERY_ITEMS == 0:
                    self.stderr.write(f"{checked} items checked so far.")
        self.stdout.write(f"Checked {checked} items: {broken} break the rules.")
        if broken:
            raise SystemExit(1)

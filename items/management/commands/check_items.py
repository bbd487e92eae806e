"""Report stored items that break today's rules, which the API serves as they are."""

from typing import Any

from django.core.management.base import BaseCommand

from items.models import Item
from items.rules import StoredItemRules

PROGRESS_EVERY_ITEMS = 100_000


class Command(BaseCommand):
    """`manage.py check_items`: exit code 0 when every item is as it should be, else 1."""

    help = "Report stored items that break today's rules: a line for each, then a count."

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

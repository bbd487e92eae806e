"""Report stored items that break today's rules, which the API serves as they are."""

from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand

from djongo_engine.errors import translate_errors
from items.managers import as_item
from items.models import Item
from items.serializers import ItemSerializer

PROGRESS_EVERY = 100_000


class Command(BaseCommand):
    """`manage.py check_items`: exit code 0 when every item is as it should be, else 1."""

    help = "Report stored items that break today's rules: a line for each, then a count."

    def handle(self, *args: Any, **options: Any) -> None:
        """Read every document once; write the faults to stdout, progress to stderr."""
        checked = broken = 0
        with translate_errors:
            for document in Item.objects.mongo_find({}):
                checked += 1
                if faults := list(faults_of(document)):
                    broken += 1
                    self.stdout.write(f"{document['_id']}: {'; '.join(faults)}")
                if checked % PROGRESS_EVERY == 0:
                    self.stderr.write(f"{checked} items checked so far.")
        self.stdout.write(f"Checked {checked} items: {broken} break the rules.")
        if broken:
            raise SystemExit(1)


def faults_of(document: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with a stored document, each fault with its field's name."""
    item = as_item(document)
    serializer = ItemSerializer(data=item)
    if not serializer.is_valid():
        for name, messages in serializer.errors.items():
            yield f"{name}: {' '.join(str(message) for message in messages)}"
    elif serializer.validated_data["id"] != item["id"]:
        yield "id: Must be in lower case with dashes, or it is not found."

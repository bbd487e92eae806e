"""Every item of a list in one answer, as CSV or NDJSON.

The whole export is written to a temporary file before the first byte is sent. So MongoDB is read
quickly, however slow the client is. A failure becomes an error instead of a short answer. The
length is known and sent, so that a client notices an answer that breaks off.
"""

import tempfile
import threading
import weakref
from contextlib import ExitStack
from typing import IO

from django.conf import settings
from django.http import FileResponse
from rest_framework.renderers import BaseRenderer

from items.finding import Listing
from items.models import Item
from items.transfer.writer import item_writer

# A client that stalls holds a thread: WSGI cannot wait for it without one.
_slots = threading.BoundedSemaphore(max(1, settings.THREADS // 4))
# A client may ask again when it has read its export, a moment before the slot is given back.
SLOT_SECONDS = 0.1


class BusyError(Exception):
    """No more exports may run at once."""


class NoSpaceError(Exception):
    """The temporary file cannot be written."""


class ExportFormat(BaseRenderer):
    """A format of an export: a renderer for DRF's content negotiation, which renders nothing."""

    charset = "utf-8"


class CSV(ExportFormat):
    """CSV, safe to open in a spreadsheet."""

    media_type = "text/csv"
    format = "csv"


class NDJSON(ExportFormat):
    """The objects of the list, one on each line."""

    media_type = "application/x-ndjson"
    format = "ndjson"


EXPORTS = {form.format: form for form in (CSV, NDJSON)}


class ExportResponse(FileResponse):
    """Sends an export, then gives its slot and its file back, also when sending breaks off."""

    block_size = 2**16

    def __init__(self, file: IO[bytes], form: ExportFormat, resources: ExitStack) -> None:
        """Send a file in a format, then close the resources."""
        super().__init__(
            file,
            as_attachment=True,
            filename=f"items.{form.format}",
            content_type=f"{form.media_type}; charset={form.charset}",
        )
        self._release = weakref.finalize(self, resources.close)

    def close(self) -> None:
        """Give back what the export holds."""
        super().close()
        self._release()


def export(listing: Listing, form: ExportFormat) -> tuple[ExportResponse, int]:
    """Return the answer with every item of a list, and their number.

    Raises BusyError, NoSpaceError and what ItemManager.every raises; nothing is sent then.
    """
    number = 0
    try:
        with ExitStack() as resources:
            if not _slots.acquire(timeout=SLOT_SECONDS):
                raise BusyError
            resources.callback(_slots.release)
            file = resources.enter_context(tempfile.TemporaryFile())
            write = item_writer(file, form.format, guard_formulas=True)
            with Item.objects.every(listing) as items:
                for item in items:
                    write(item)
                    number += 1
            file.seek(0)
            return ExportResponse(file, form, resources.pop_all()), number
    except OSError as error:
        raise NoSpaceError(str(error)) from error

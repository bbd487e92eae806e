"""What the pages that Django shows with DEBUG=on leave out."""

import re

from django.views.debug import SafeExceptionReporterFilter


class ReportFilter(SafeExceptionReporterFilter):
    """Django's filter, which here also hides this service's secrets by their names.

    The page of a failed request shows its WSGI environment, into which Granian copies that of the
    process: SERVICE_PWD and MONGO_URL. CLIENT, in DATABASES, holds the URL too.
    """

    hidden_settings = re.compile(
        f"{SafeExceptionReporterFilter.hidden_settings.pattern}|PWD|MONGO_URL|CLIENT", re.IGNORECASE
    )

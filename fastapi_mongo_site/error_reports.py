"""What the pages that Django shows with DEBUG=on leave out."""

import re

from django.views.debug import SafeExceptionReporterFilter


class ReportFilter(SafeExceptionReporterFilter):
    """Django's, which also hides this service's secrets, by the names that they have.

    Whoever makes a request fail sees its WSGI environment, into which Granian copies the
    process's own: SERVICE_PWD and MONGO_URL. CLIENT is in DATABASES, and holds the URL too.
    """

    hidden_settings = re.compile(
        f"{SafeExceptionReporterFilter.hidden_settings.pattern}|PWD|MONGO_URL|CLIENT", re.IGNORECASE
    )

"""The WSGI application that Granian serves."""

import os
import sys

from django.core.checks import run_checks
from django.core.wsgi import get_wsgi_application

from fastapi_mongo_site.parent import stop_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fastapi_mongo_site.settings")

application = get_wsgi_application()
stop_with_parent()

# A WSGI server does not run Django's checks; a worker with a broken configuration must not serve.
if errors := [message for message in run_checks() if message.is_serious()]:
    sys.exit("\n".join(str(message) for message in errors))

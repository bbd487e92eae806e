"""Commands that use the embedded MongoDB while no `make run` does."""

import signal
import subprocess
import sys

from django.conf import settings

from fastapi_mongo_site.local.embedded_mongo import answers, is_needed
from fastapi_mongo_site.local.shared_mongo import SharedMongo

NAMES = {
    *("changepassword", "check_items", "export_items", "import_items", "load_samples", "migrate"),
    *("seed_service_user", "shell", "showmigrations"),
}
"""The commands of `manage.py` that work on the database, and end."""


def misses_database(arguments: list[str]) -> bool:
    """Tell whether a command line needs the embedded server, which ran here before and is down."""
    if not NAMES & set(arguments[1:2]) or {"-h", "--help"} & set(arguments) or not is_needed():
        return False
    url = settings.SECRETS["mongo_url"].value
    return (settings.VAR_DIR / "mongodb").exists() and not (url and answers(url))


def run_with_database(arguments: list[str]) -> int:
    """Run a command line in a process of its own, and the server for as long; return its exit code.

    The process reads the settings anew, with the server's URL. Raises EmbeddedMongoError.
    """
    database = SharedMongo(settings.VAR_DIR)
    # A terminal sends Ctrl-C to both, and the command decides what becomes of it. It does not
    # inherit a handler, as it would inherit that the signal is ignored.
    signal.signal(signal.SIGINT, lambda number, frame: None)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        database.acquire()
        sys.stderr.write(f"MongoDB    embedded, for this command, data in {database.directory}\n")
        with subprocess.Popen([sys.executable, *arguments]) as command:
            signal.signal(signal.SIGTERM, lambda number, frame: command.terminate())
            code = command.wait()
    finally:
        database.release()
    return code if code >= 0 else 128 - code

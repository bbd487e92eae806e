#!/usr/bin/env python
"""Django's command line for this project."""

import os
import signal
import sys


def main() -> None:
    """Run the management command named on the command line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fastapi_mongo_site.settings")
    # Until it has its imports, an interrupt ends the process at once. As an exception in the middle
    # of an import it would become another one, which says nothing. Where it is ignored it stays so.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from django.core.exceptions import ImproperlyConfigured
    from django.db import OperationalError

    from fastapi_mongo_site.command_line import CommandLine
    from fastapi_mongo_site.local.commands import misses_database, run_with_database
    from fastapi_mongo_site.local.embedded_mongo import EmbeddedMongoError

    try:
        try:
            if misses_database(sys.argv):
                sys.exit(run_with_database(sys.argv))
            CommandLine(sys.argv).execute()
        finally:
            # Here, not after the last line of this program, where nothing catches an error; a
            # process that was started without a standard output has none.
            if sys.stdout:
                sys.stdout.flush()
    except KeyboardInterrupt:
        # The commands that have something to say to it, or to tidy up, have done so.
        sys.exit(128 + signal.SIGINT)
    except BrokenPipeError:
        # Whoever read the output has seen enough, as `| head` does; nothing more may go there.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except (ImproperlyConfigured, EmbeddedMongoError) as why:
        sys.exit(f"{why}")
    except OperationalError as why:
        sys.exit(f"The database does not answer: {why}")


if __name__ == "__main__":
    main()

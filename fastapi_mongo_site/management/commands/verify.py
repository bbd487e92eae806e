"""The original's verify script: tells whether the API asks for credentials and accepts them."""

import base64
import json
import urllib.error
import urllib.request
from argparse import ArgumentParser
from http.client import HTTPException
from pprint import pformat
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import CommandError

from fastapi_mongo_site.command_help import ProjectCommand

DEFAULT_URL = "http://localhost:8000"
TIMEOUT_SECONDS = 60.0
EXAMPLES = """\
examples:
  manage.py verify
  manage.py verify https://items.example.org --timeout=5

exit codes:
  0    both calls ended as they should
  1    one did not, or there was no answer
"""
START = "Start the service: run `make run` in another terminal."


class Command(ProjectCommand):
    """`manage.py verify [URL]`: the end of its help has the exit codes."""

    help = "Call GET /v1/items without and with credentials, and show what came back."
    examples = EXAMPLES
    # It asks a service, which has a database and a configuration of its own.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the address and the time to wait."""
        parser.add_argument("url", nargs="?", default=DEFAULT_URL, help=f"default {DEFAULT_URL}")
        parser.add_argument(
            "--timeout",
            type=float,
            default=TIMEOUT_SECONDS,
            help="seconds to wait for an answer, default %(default)s",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Make both calls; print FALSE, TRUE, ERROR or TIMEOUT for each, as the original does."""
        url = options["url"].rstrip("/")
        if urlsplit(url).scheme not in ("http", "https"):
            raise CommandError(f"{url!r} is no address such as {DEFAULT_URL}")
        if not (secret := settings.SECRETS["service_pwd"]).value:
            fault = f"in {secret.source} {secret.error}" if secret.error else "is missing"
            raise CommandError(f"The secret service_pwd {fault}. {START}")
        try:
            refused = self._call(url, options["timeout"], {})
            accepted = self._call(url, options["timeout"], {"Authorization": credentials()})
        except TimeoutError as why:
            self.stdout.write(f"TIMEOUT => {why}")
            raise SystemExit(1) from why
        except (OSError, HTTPException) as why:
            self.stdout.write(f"ERROR => {getattr(why, 'reason', why)}")
            if isinstance(getattr(why, "reason", why), ConnectionRefusedError):
                self.stdout.write(START)
            raise SystemExit(1) from why
        if (refused, accepted) != (401, 200):
            raise SystemExit(1)

    def _call(self, url: str, timeout: float, headers: dict[str, str]) -> int:
        """Print and return the answer's status. Raises OSError, TimeoutError, HTTPException."""
        status: int
        request = urllib.request.Request(f"{url}/v1/items", headers=headers)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:  # noqa: S310
                status, body = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, body = error.code, error.read()
        except urllib.error.URLError as error:
            if isinstance(error.reason, TimeoutError):
                raise error.reason from error
            raise
        try:
            content = json.loads(body)
        except ValueError:
            content = body[:200]
        if status == 200:
            self.stdout.write(f"\nTRUE =>\n{pformat(content)}")
        else:
            self.stdout.write(f"\nFALSE =>\nstatus: {status}, error: {content}")
        return status


def credentials() -> str:
    """Return the Authorization header of the configured service user."""
    pair = f"{settings.SERVICE_USER}:{settings.SECRETS['service_pwd'].value}"
    return "Basic " + base64.b64encode(pair.encode()).decode()

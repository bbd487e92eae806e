"""How `manage.py COMMAND --help` shows examples."""

import textwrap
from argparse import RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand, CommandParser, DjangoHelpFormatter

WIDTH = 80


class _Formatter(DjangoHelpFormatter, RawDescriptionHelpFormatter):
    """Keeps the lines of the examples."""


class ProjectCommand(BaseCommand):
    """A command whose help ends with `examples`, line by line as they are."""

    examples = ""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Return the parser of the command line."""
        parser = super().create_parser(
            prog_name, subcommand, formatter_class=_Formatter, epilog=self.examples, **kwargs
        )
        parser.description = textwrap.fill(self.help, WIDTH)
        return parser

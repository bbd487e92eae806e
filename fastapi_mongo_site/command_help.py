"""How `manage.py COMMAND --help` shows examples."""

import textwrap
from argparse import RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand, CommandParser, DjangoHelpFormatter

from djongo_engine.work import Work, current

WIDTH = 80


class _Formatter(DjangoHelpFormatter, RawDescriptionHelpFormatter):
    """Keeps the lines of the examples."""


class ProjectCommand(BaseCommand):
    """A command whose help ends with `examples`, line by line as they are."""

    examples = ""

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run, so that MongoDB's log and the audit trail name the command."""
        token = current.set(Work(type(self).__module__.rpartition(".")[2]))
        try:
            return super().execute(*args, **options)
        finally:
            current.reset(token)

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Return the parser of the command line."""
        parser = super().create_parser(
            prog_name, subcommand, formatter_class=_Formatter, epilog=self.examples, **kwargs
        )
        parser.description = textwrap.fill(self.help, WIDTH)
        return parser

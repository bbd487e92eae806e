"""`manage.py help`: the project's commands first, each with what it does."""

import signal
import textwrap
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.management import (
    BaseCommand,
    ManagementUtility,
    get_commands,
    load_command_class,
)

WIDTH = 80


class CommandLine(ManagementUtility):
    """Django's command line with a help of its own."""

    def main_help_text(self, commands_only: bool = False) -> str:
        """Return what `manage.py help` prints."""
        if commands_only or self.settings_exception is not None:
            return str(super().main_help_text(commands_only))
        return "\n".join(self._lines())

    def fetch_command(self, subcommand: str) -> BaseCommand:
        """Return a command; from here on an interrupt is an exception, which it may handle.

        `manage.py` has set that an interrupt ends the process, while modules are imported.
        """
        command = super().fetch_command(subcommand)
        if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        return command

    def _lines(self) -> Iterator[str]:
        commands = get_commands()
        own = {name for name, app in commands.items() if is_own(app)}
        width = max(map(len, own)) + 2
        yield ""
        yield f"Type '{self.prog_name} help COMMAND' for its options and examples."
        yield "\nCommands of this project:\n"
        for name in sorted(own):
            summary = load_command_class(commands[name], name).help.partition(". ")[0]
            yield textwrap.fill(
                summary.removesuffix(".") + ".",
                WIDTH,
                initial_indent=f"  {name:{width}}",
                subsequent_indent=" " * (width + 2),
            )
        yield "\nCommands of Django and other packages:\n"
        others = ", ".join(sorted(commands.keys() - own))
        yield textwrap.fill(others, WIDTH, initial_indent="  ", subsequent_indent="  ")


def is_own(app: str) -> bool:
    """Tell whether an app, by its full name, is in the project's folder."""
    return any(
        config.name == app and Path(config.path).parent == settings.BASE_DIR
        for config in apps.get_app_configs()
    )

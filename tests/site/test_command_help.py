"""`manage.py help` and `--help`: the project's commands first, with examples."""

import re

import pytest
from django.core.management import get_commands, load_command_class

from fastapi_mongo_site.command_line import CommandLine, is_own

COMMANDS = get_commands()
OWN = sorted(name for name, app in COMMANDS.items() if is_own(app))
# These are Django's, with another behaviour.
NAMED = sorted({*OWN} - {"check", "migrate", "sqlmigrate"})


def test_the_projects_commands_come_first_with_what_they_do():
    text = CommandLine(["manage.py", "help"]).main_help_text()
    first, others = text.split("Commands of Django and other packages:")
    assert re.findall(r"^  (\w+) ", first, re.M) == OWN
    assert "import_items  " in first
    assert {"shell", "dumpdata"} <= set(re.findall(r"\w+", others))
    assert {*re.findall(r"\w+", others)} == COMMANDS.keys() - OWN


def test_completion_gets_every_command():
    assert CommandLine(["manage.py"]).main_help_text(commands_only=True).split() == sorted(COMMANDS)


def test_nothing_is_coloured_where_there_is_no_terminal():
    assert "\x1b" not in CommandLine(["manage.py", "help"]).main_help_text()


@pytest.mark.parametrize("name", NAMED)
def test_every_command_has_examples_that_its_parser_takes(name):
    command = load_command_class(COMMANDS[name], name)
    parser = command.create_parser("manage.py", name)
    assert parser.format_help().count("examples:\n") == 1
    lines = re.findall(rf"manage\.py {name}(.*)", command.examples)
    assert lines
    for line in lines:
        arguments = re.split(r"\s{2,}|\s[>|]\s", line)[0]
        parser.parse_args(arguments.split())

"""Every console line of the README runs as it stands, in a fresh clone with nothing activated."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.clones import FRESH, copy_of_project
from tests.support.service import PROJECT, Service

README = (PROJECT / "README.md").read_text()
STARTS = ("make run", "make test")
END = "=== exit code"
UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def console_lines():
    """Each command of the README with what it is said to print."""
    blocks = re.findall(r"^```console\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    for command in re.split(r"^\$ ", "".join(blocks), flags=re.MULTILINE)[1:]:
        line, _, printed = command.partition("\n")
        if not line.startswith(STARTS):
            yield line, printed


def as_pattern(printed):
    """What a text of the README stands for: ids differ."""
    return re.sub(UUID, UUID, re.escape(printed).replace(r"\-", "-"))


@pytest.fixture
def clone(tmp_path):
    """A clone with what `make run` installs."""
    clone = copy_of_project(tmp_path)
    (clone / ".venv").symlink_to(Path(sys.prefix), target_is_directory=True)
    return clone


@pytest.mark.long
def test_console_lines_run_and_print_what_the_readme_says(clone):
    commands = list(console_lines())
    with Service("run", project=clone, **FRESH) as service:
        service.wait_until_up()
        # One shell, as later lines use the variables of earlier ones.
        script = "".join(f"{line}\necho; echo {END} $?\n" for line, _ in commands)
        run = subprocess.run(
            ["bash", "-c", script.replace("127.0.0.1:8000", f"127.0.0.1:{service.port}")],
            cwd=clone,
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent"},
            capture_output=True,
            text=True,
            timeout=120,
        )
    assert set(re.findall(rf"^{END} (\d+)", run.stdout, re.MULTILINE)) == {"0"}, run
    answers = re.split(rf"\n{END} 0\n", run.stdout)[:-1]
    assert len(commands) > 8
    for (line, expected), answer in zip(commands, answers, strict=True):
        if expected:
            assert re.fullmatch(as_pattern(expected.strip()), answer.strip()), (line, answer)

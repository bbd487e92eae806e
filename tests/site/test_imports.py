"""Imports go the ways that pyproject.toml lists."""

import subprocess
import sys
from pathlib import Path


def test_every_import_goes_a_way_that_is_listed(pytestconfig):
    # In a process of its own: it configures logging.
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"]
    run = subprocess.run(command, cwd=pytestconfig.rootpath, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr

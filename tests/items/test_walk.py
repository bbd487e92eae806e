"""Pages that lead through many items while others write."""

import os
import subprocess
import sys

import pytest

from tests.support.service import PROJECT


@pytest.mark.long
def test_every_item_that_stays_is_seen_once():
    result = subprocess.run(
        [sys.executable, "-m", "benchmarks.walk"],
        cwd=PROJECT,
        env={**os.environ, "SIZE": "10000"},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.count(", 0 missed, 0 repeated") == 4

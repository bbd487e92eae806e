"""The lines that requests and writes have in the log."""

import json
from collections.abc import Callable

import pytest

from fastapi_mongo_site.logs.lines import lines
from fastapi_mongo_site.logs.rendering import as_json


@pytest.fixture
def written(monkeypatch) -> Callable[[], list[dict]]:
    """The entries that were written since the test began."""
    lines.flush()
    blocks: list[bytes] = []
    monkeypatch.setattr(lines, "send", blocks.append)
    monkeypatch.setattr(lines, "render", as_json)

    def written() -> list[dict]:
        lines.flush()
        return [json.loads(line) for block in blocks for line in block.splitlines()]

    return written

"""Keeps figures in docs/benchmarks/: prose written by hand, then a section for each server."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent.parent / "docs" / "benchmarks"
PACKAGES = ("Django", "djongo5", "pymongo")


def server_name(info: dict[str, Any]) -> str:
    """Return the name and version of a server, from its buildInfo."""
    secantus = info.get("secantusVersion")
    return f"SecantusDB {secantus}" if secantus else f"MongoDB {info['version']}"


def keep(document: str, server: str, command: str, figures: str) -> None:
    """Print the figures, and write them into the server's section of a document."""
    versions = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    section = (
        f"{server}\n\n`{command}`, {datetime.now(UTC):%Y-%m-%d}; {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, {versions}.\n\n{figures}\n"
    )
    print(f"## {section}")
    path = RESULTS / document
    head, *sections = path.read_text(encoding="utf-8").split("\n## ")
    others = [kept for kept in sections if kept.splitlines()[0] != server]
    path.write_text("\n## ".join([head, *sorted([*others, section])]), encoding="utf-8")

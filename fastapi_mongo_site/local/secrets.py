"""Secrets for a local run, made where there are none."""

from pathlib import Path

from fastapi_mongo_site.configuration import Secret
from fastapi_mongo_site.secret_files import MAKERS, create_secret


def create_missing(found: dict[str, Secret], directory: Path) -> list[Path]:
    """Write a random file for each secret that is nowhere; return the files.

    A faulty one is left alone, and the checks report it. Two runs at once are safe.
    """
    missing = [name for name in MAKERS if not (found[name].value or found[name].error)]
    if missing:
        directory.mkdir(mode=0o700, exist_ok=True)
    return [directory / name for name in missing if create_secret(name, directory / name)]

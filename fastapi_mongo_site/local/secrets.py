"""Secrets for a local run, made where there are none."""

import os
import secrets
from pathlib import Path

from django.core.management.utils import get_random_secret_key

from fastapi_mongo_site.configuration import Secret

MAKERS = {
    "service_pwd": lambda: secrets.token_urlsafe(24),
    "secret_key": get_random_secret_key,
}


def create_missing(found: dict[str, Secret], directory: Path) -> list[Path]:
    """Write a random file (mode 0600) for each secret that is nowhere; return the files.

    One that is there but faulty is left for the checks to report. Two at once are safe: the
    first to create a file decides.
    """
    created = []
    for name, make in MAKERS.items():
        secret = found[name]
        if secret.value or secret.error:
            continue
        directory.mkdir(mode=0o700, exist_ok=True)
        path = directory / name
        # Written beside it and linked into place, so that nobody ever reads half of it.
        draft = directory / f".{name}.{os.getpid()}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(make() + "\n")
        try:
            path.hardlink_to(draft)
            created.append(path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return created

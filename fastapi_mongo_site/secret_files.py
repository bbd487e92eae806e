"""Files that hold a secret: made at random, readable by few, never half written."""

import os
import secrets
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.management.utils import get_random_secret_key

from fastapi_mongo_site.configuration import Secret

MAKERS: dict[str, Callable[[], str]] = {
    # 192 bits
    "service_pwd": lambda: secrets.token_urlsafe(24),
    "secret_key": get_random_secret_key,
}


class NoFileError(Exception):
    """The secret does not come from a file that can be replaced; the message says why."""


def create_secret(name: str, path: Path) -> bool:
    """Put a random value into a new file (mode 0600); tell whether it was new.

    Of two at once the first decides, and the other leaves its file alone. Raises OSError.
    """
    with _draft(path, MAKERS[name]()) as draft:
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            return False
    return True


def replace_secret(secret: Secret) -> str:
    """Put a new random value into the secret's file; return the value.

    Its owner and group read it as before, others no longer do. Raises NoFileError.
    """
    if secret.source.startswith("$"):
        raise NoFileError(
            f"{secret.name} comes from {secret.source}, which a command cannot change. Set a new "
            "value there and seed it without --generate."
        )
    # Behind a link, the file that it leads to.
    path = Path(secret.source).resolve()
    value = MAKERS[secret.name]()
    try:
        owner = path.stat()
        with _draft(path, value) as draft:
            os.chown(draft, owner.st_uid, owner.st_gid)
            draft.chmod(stat.S_IMODE(owner.st_mode) & 0o640)
            draft.replace(path)
    except OSError as why:
        raise NoFileError(f"{path} cannot be replaced ({why.strerror}).") from why
    return value


@contextmanager
def _draft(path: Path, value: str) -> Iterator[Path]:
    """Give a file beside `path` that holds the value and is on disk, to be put in its place."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(value + "\n")
            file.flush()
            os.fsync(descriptor)
        yield draft
    finally:
        draft.unlink(missing_ok=True)

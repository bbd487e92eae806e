"""A new random password in the file where the old one was found."""

import os
import tempfile
from pathlib import Path

from fastapi_mongo_site.configuration import Secret
from fastapi_mongo_site.local.secrets import MAKERS


class NoFileError(Exception):
    """The secret does not come from a file that can be replaced; the message says why."""


def replace_secret(secret: Secret) -> str:
    """Put a new random value into the secret's file (mode 0600, same owner); return the value.

    The file is exchanged in one step, so that nobody reads half of it, and is on disk when this
    returns. Raises NoFileError.
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
        descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write(value + "\n")
                file.flush()
                os.fchown(descriptor, owner.st_uid, owner.st_gid)
                os.fsync(descriptor)
            Path(draft).replace(path)
        except BaseException:
            Path(draft).unlink()
            raise
    except OSError as why:
        raise NoFileError(f"{path} cannot be replaced ({why.strerror}).") from why
    return value

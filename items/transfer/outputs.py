"""Files that commands write: complete or not at all, and only plain files are replaced."""

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

NO_UNNAMED_FILES = {errno.EISDIR, errno.EOPNOTSUPP, errno.EINVAL}
"""What a file system says that knows no O_TMPFILE."""


@contextlib.contextmanager
def appearing(path: Path) -> Iterator[BinaryIO]:
    """Give a stream for bytes; a plain file, or a new one, holds them once the block has ended.

    It is as it was when the block raises, and when the process is killed. A device or a FIFO is
    written to. A link stays a link, and a file keeps its mode and its owner. Raises OSError, also
    where the owner cannot be kept.
    """
    before = path.stat() if path.exists() else None
    if before and not stat.S_ISREG(before.st_mode):
        with path.open("wb") as stream:
            yield stream
        return
    target = path.resolve()
    draft = target.with_name(f".{secrets.token_hex(8)}.part")
    descriptor, is_named = _open(draft)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            if before:
                _keep_owner_and_mode(descriptor, before)
            os.fsync(descriptor)
            if not is_named:
                # The descriptor of a folder that the path does not need makes this linkat(2), which
                # follows the link of /proc to the file.
                os.link(f"/proc/self/fd/{descriptor}", draft, src_dir_fd=descriptor)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def _open(draft: Path) -> tuple[int, bool]:
    """Open a file in the folder of the draft; return its descriptor and whether it has the name.

    A file without a name is gone when the process is killed.
    """
    try:
        return os.open(draft.parent, os.O_TMPFILE | os.O_WRONLY, 0o666), False
    except AttributeError:
        pass  # Linux alone has it.
    except OSError as error:
        if error.errno not in NO_UNNAMED_FILES:
            raise
    return os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666), True


def _keep_owner_and_mode(descriptor: int, before: os.stat_result) -> None:
    own = os.fstat(descriptor)
    if (own.st_uid, own.st_gid) != (before.st_uid, before.st_gid):
        os.fchown(descriptor, before.st_uid, before.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(before.st_mode))

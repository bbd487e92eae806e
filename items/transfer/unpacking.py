"""The bytes of a file, unpacked if it is gzip (RFC 1952), and never many times what came in."""

import gzip
import io
import zlib
from typing import BinaryIO, cast

from items.transfer.rows import FileError

CHUNK_BYTES = 2**16
FREE_BYTES = 8 * 2**20
MAX_EXPANSION = 100
"""What is unpacked may be so many times what is read, beyond FREE_BYTES. Lists take a tenth of
their size when they are packed."""


class Reread(io.RawIOBase):
    """A stream of which the first bytes were read; `taken` counts what it has given."""

    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        self._head = head
        # Of a pipe as much as there is, where the stream knows how.
        self._read = getattr(stream, "read1", stream.read)
        self.taken = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: "memoryview[int]") -> int:  # type: ignore[override]
        """Fill the buffer as far as one read of the stream does; return the number of bytes."""
        data = self._head[: len(buffer)] or self._read(len(buffer))
        self._head = self._head[len(buffer) :]
        buffer[: len(data)] = data
        self.taken += len(data)
        return len(data)


class Unpacked(io.RawIOBase):
    """What a stream of gzip holds."""

    def __init__(self, packed: Reread) -> None:
        self._packed = packed
        self._gzip = gzip.GzipFile(fileobj=io.BufferedReader(packed, CHUNK_BYTES))
        self._given = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: "memoryview[int]") -> int:  # type: ignore[override]
        """Fill the buffer; return the number of bytes. Raises FileError."""
        try:
            data = self._gzip.read1(len(buffer))
        except EOFError as error:
            raise FileError("The gzip data ends early.") from error
        except (OSError, zlib.error) as error:
            raise FileError(f"The gzip data cannot be unpacked: {error}.") from error
        self._given += len(data)
        if self._given > FREE_BYTES and self._given > MAX_EXPANSION * self._packed.taken:
            raise FileError(
                f"The gzip data unpacks to more than {MAX_EXPANSION} times its size. "
                "Unpack it first, if it is a list."
            )
        buffer[: len(data)] = data
        return len(data)


def buffered(stream: io.RawIOBase) -> io.BufferedReader:
    """Return a raw stream with a buffer, which gives lines."""
    return io.BufferedReader(stream, CHUNK_BYTES)


def begun(stream: BinaryIO, size: int) -> tuple[bytes, io.RawIOBase]:
    """Return the first `size` bytes of a stream, and the stream from its start."""
    head = b""
    while len(head) < size and (more := stream.read(size - len(head))):
        head += more
    return head, Reread(head, stream)


def unpacked(stream: BinaryIO) -> BinaryIO:
    """Return a stream of bytes that is at its start, unpacked if it is gzip."""
    head, raw = begun(stream, 2)
    if head == b"\x1f\x8b":
        raw = Unpacked(cast(Reread, raw))
    return buffered(raw)

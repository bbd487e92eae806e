"""The lines of a file as text, with their numbers and faults."""

import io
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator

from items.transfer.encodings import (
    SHOWN,
    UTF_8,
    UTF_16,
    Utf16AsUtf8,
    from_start,
    from_text,
)
from items.transfer.rows import MAX_ROW_BYTES, Bounds, FileError
from items.transfer.unpacking import buffered

TOO_LONG = f"Longer than {MAX_ROW_BYTES} bytes; it is cut here."


class RowTooLong(Exception):  # noqa: N818 - it ends no program
    """The lines since `start` are too long for a row."""


class Lines:
    """The lines of a stream of bytes, as text.

    Bytes that are not right in the encoding become lone surrogates (PEP 383), which are written as
    the same bytes. While all is ASCII, the encoding is open: the first other bytes decide.
    """

    def __init__(
        self,
        stream: io.BufferedReader,
        encoding: str,
        say: Callable[[str], None],
        bounds: Bounds,
    ) -> None:
        """Take a stream that is at its start, the encoding or "", what says a guess, and bounds."""
        self.encoding = encoding or from_start(stream.peek(3))
        if self.encoding == UTF_16:
            if not encoding:
                say("Read as UTF-16.")
            stream = buffered(Utf16AsUtf8(stream))
        self._stream = stream
        self._codec = UTF_8 if self.encoding == UTF_16 else self.encoding
        self._say = say
        self._bounds = bounds
        self.number = 0
        self.start()

    def start(self) -> None:
        """Begin a row: forget the lines read so far."""
        self.taken: list[str] = []
        self.fault = ""
        self._bytes = 0

    @property
    def text(self) -> str:
        """The text of the lines since `start`, without the end of the last."""
        return "".join(self.taken).rstrip("\r\n")

    def __iter__(self) -> Iterator[str]:
        """Yield each line with its end. Raises RowTooLong, after which one may go on; FileError."""
        while line := self._read():
            self.number += 1
            if self.number == 1:
                line = line.removeprefix(BOM_UTF8)
            self._bounds.check(self.number)
            self._bytes += len(line)
            text = self._decoded(line[:MAX_ROW_BYTES])
            if self._bytes <= MAX_ROW_BYTES or not self.taken:
                self.taken.append(text)
            if self._bytes > MAX_ROW_BYTES:
                while line and not line.endswith(b"\n"):
                    line = self._read()
                self.fault = TOO_LONG
                raise RowTooLong
            yield text

    def _decoded(self, line: bytes) -> str:
        if not self._codec and not line.isascii():
            # With the whole lines that are behind it in the buffer.
            whole_lines = line + self._stream.peek().rpartition(b"\n")[0]
            self.encoding = self._codec = from_text(whole_lines)
            if self.encoding != UTF_8:
                self._say(f"Read as {SHOWN[self.encoding]} from line {self.number} on.")
        codec = self._codec or UTF_8
        try:
            return line.decode(codec)
        except UnicodeDecodeError:
            self.fault = f"Not {SHOWN[self.encoding]}."
            return line.decode(codec, errors="surrogateescape")

    def _read(self) -> bytes:
        try:
            return self._stream.readline(MAX_ROW_BYTES + 1)
        except UnicodeDecodeError as error:
            raise FileError("The UTF-16 ends within a character.") from error
        except OSError as error:
            raise FileError(f"Cannot read on behind line {self.number}: {error}.") from error

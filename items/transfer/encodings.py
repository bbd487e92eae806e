"""Which encoding the bytes of a file are in."""

import codecs
import io
import re

UTF_8, UTF_16, WINDOWS_1252 = "utf-8", "utf-16", "windows-1252"
SHOWN = {UTF_8: "UTF-8", UTF_16: "UTF-16", WINDOWS_1252: "Windows-1252"}

# Of two bytes and more, as UTF-8 has them; in Windows-1252 they are pairs such as Ã¼.
SEQUENCE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
NOT_ASCII = re.compile(rb"[\x80-\xff]")
CHUNK_BYTES = 2**15


def from_start(head: bytes) -> str:
    """Return the encoding that the first bytes of a file tell by themselves, "" for none."""
    if head.startswith(codecs.BOM_UTF8):
        return UTF_8
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return UTF_16
    # The first character of a list is one of ASCII, of which UTF-16 has one byte that is 0.
    return UTF_16 if b"\0" in head[:2] else ""


def from_text(text: bytes) -> str:
    """Return UTF-8 or Windows-1252, whichever more of a text is."""
    rest, sequences = SEQUENCE.subn(b"", text)
    return UTF_8 if sequences >= len(NOT_ASCII.findall(rest)) else WINDOWS_1252


class Utf16AsUtf8(io.RawIOBase):
    """A stream of UTF-16 as UTF-8; half of a surrogate pair becomes bytes that are not UTF-8."""

    def __init__(self, stream: io.BufferedReader) -> None:
        """Take a stream at its start, where its mark of the byte order is, if there is one."""
        self._stream = stream
        name = "utf-16-be" if stream.peek(2)[:1] == b"\0" else "utf-16-le"
        if stream.peek(2)[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            name = "utf-16"
        self._decoder = codecs.getincrementaldecoder(name)("surrogatepass")
        self._rest = b""

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: "memoryview[int]") -> int:  # type: ignore[override]
        """Fill the buffer; return the number of bytes. Raises UnicodeDecodeError at the end."""
        while not self._rest and (chunk := self._stream.read1(CHUNK_BYTES)):
            self._rest = self._decoder.decode(chunk).encode(errors="surrogatepass")
        if not self._rest:
            self._decoder.decode(b"", final=True)
        data = self._rest[: len(buffer)]
        self._rest = self._rest[len(data) :]
        buffer[: len(data)] = data
        return len(data)

"""The README's tables of variables, made from `.env.example`.

`python -m tests.support.configuration_table` prints them.
"""

import re
import sys
from collections.abc import Iterator

from tests.support.service import PROJECT

VARIABLE = re.compile(r"(#?)([A-Z_]+)=(.*)")
DEFAULT = re.compile(r"; default: (.+)")


def tables() -> str:
    """Return a table for each part of the file, in Markdown."""
    blocks = (PROJECT / ".env.example").read_text().split("\n## ")[1:]
    return "\n\n".join(_table(*block.split("\n", 1)) for block in blocks)


def _table(heading: str, lines: str) -> str:
    rows = "\n".join(_rows(lines))
    return f"{heading}:\n\n| Variable | Default | What it is |\n|---|---|---|\n{rows}"


def _rows(lines: str) -> Iterator[str]:
    words: list[str] = []
    for line in filter(None, lines.splitlines()):
        if not (found := VARIABLE.fullmatch(line)):
            words.append(line.removeprefix("# "))
            continue
        unset, name, value = found.groups()
        text = " ".join(words)
        words.clear()
        default = f"`{value}`" if value and not unset else ""
        if unset and (said := DEFAULT.search(text)):
            default, text = said[1], DEFAULT.sub("", text)
        yield f"| `{name}` | {default} | {text} |"


if __name__ == "__main__":
    sys.stdout.write(tables() + "\n")

"""Text that a spreadsheet would run as a formula (OWASP, "CSV Injection"), made harmless."""

import re

SIGNS = "=+\\-@＝＋－＠"
CELL = re.compile(rf"(^|[;\t\r\n])(?=[\s\"']*[{SIGNS}]|')|^(?=[\t\r\n])")
"""Where a cell begins that starts with a sign, behind spaces and quotes that are dropped.

A spreadsheet may take a semicolon or a tab for the separator instead of the comma; a quote in the
middle of a cell is then no quote, so that a line ends the row too.
"""


def guarded(text: str) -> str:
    """Return text with an apostrophe before each cell that a spreadsheet would run.

    One goes before an apostrophe at such a place too: taking one away from each, and no more, gives
    the text back.
    """
    return CELL.sub(r"\1'", text)

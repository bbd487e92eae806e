"""Prints a program as a test."""

import re

from tests.engine.programs.rows import Rows
from tests.engine.programs.tables import IMPORTS

TEST = """{imports}
from tests.engine.programs.compare import check


def test_program(programs):
    check(
        {{
{rows}        }},
{statements}    )
"""


def as_test(statements: tuple[str, ...], rows: Rows) -> str:
    """Return the source of a test that runs the program; `programs` is a fixture of the suite."""
    body = "\n".join(statements) + repr(rows)
    words = set(re.findall(r"\w+", body))
    lines = ["from decimal import Decimal"] if "Decimal" in words else []
    lines = ["import datetime", *lines] if "datetime" in words else lines
    lines += [
        f"from {module} import {', '.join(used)}"
        for module, names in IMPORTS.items()
        if (used := [name for name in names if name in words])
    ]
    held = "".join(
        f"            {table!r}: [\n"
        + "".join(f"                {row!r},\n" for row in rows_of)
        + "            ],\n"
        for table, rows_of in rows.items()
        if rows_of
    )
    said = "".join(f"        lambda t: {statement},\n" for statement in statements)
    return TEST.format(imports="\n".join(lines), rows=held, statements=said).lstrip("\n")

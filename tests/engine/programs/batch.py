"""Runs programs, and shrinks those that fail."""

import re

from tests.engine.programs.compare import REFUSED, WRONG, meaning, run, verdict_of
from tests.engine.programs.grow import Program, grow
from tests.engine.programs.printing import as_test
from tests.engine.programs.rows import Rows, store
from tests.engine.programs.shrink import shrink
from tests.engine.programs.tally import Tally


def run_batch(seed: int, batch: int, most_printed: int = 3) -> tuple[Tally, list[str]]:
    """Run the programs of a batch; return their tally, and the wrong ones as tests."""
    tally = Tally()
    printed = []
    programs = grow(seed, batch)
    store(programs[0].rows)
    for program in programs:
        statements = [meaning(statement) for statement in program.statements]
        verdict = run(statements, program.rows, "write" in program.constructs)
        reason = reason_of(verdict.text) if verdict.kind == REFUSED else ""
        tally.count(program.constructs, verdict.kind, reason)
        if verdict.kind == WRONG and len(printed) < most_printed:
            printed.append(small(program))
            store(program.rows)
    return tally, printed


def small(program: Program) -> str:
    """Return a wrong program as a test, shrunk, with what is wrong."""

    fault = verdict_of(program.statements, program.rows).fault

    def fails(statements: tuple[str, ...], rows: Rows) -> bool:
        return verdict_of(statements, rows).fault == fault

    statements, rows = shrink(program.statements, program.rows, fails)
    said = verdict_of(statements, rows).text.replace("\n", "\n# ")
    return f"# Program {program.name}: {said}\n{as_test(statements, rows)}"


def reason_of(message: str) -> str:
    """The construct that a refusal names."""
    found = re.search(r"does not translate (.*?)\. ", message)
    return found.group(1) if found else message

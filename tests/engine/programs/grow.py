"""Grows the programs of a seed."""

from dataclasses import dataclass

from tests.engine.programs import reads
from tests.engine.programs.draw import Draw
from tests.engine.programs.rows import Rows, draw_rows
from tests.engine.programs.tables import TOLD
from tests.engine.programs.writes import write

OVER_THE_SAME_ROWS = 25
WEIGHTS = {
    reads.rows: 16,
    reads.prefetched: 14,
    reads.values: 10,
    reads.annotated: 12,
    reads.computed: 7,
    reads.grouped: 8,
    reads.arithmetic_over_groups: 14,
    reads.counted: 10,
    reads.refused: 1,
    write: 16,
}


@dataclass(frozen=True)
class Program:
    """Statements in turn over the same rows, and the constructs in them."""

    name: str
    rows: Rows
    statements: tuple[str, ...]
    constructs: frozenset[str] = frozenset()


def grow(seed: int, batch: int) -> list[Program]:
    """Return the programs of one batch, which share their rows."""
    rows = draw_rows(Draw(f"{seed} rows {batch}"))
    first = batch * OVER_THE_SAME_ROWS
    return [
        _program(f"{seed}, {number}", rows) for number in range(first, first + OVER_THE_SAME_ROWS)
    ]


def _program(name: str, rows: Rows) -> Program:
    draw = Draw(name)
    statements = []
    make = draw.by_weight(WEIGHTS)
    while True:
        statements.append(make(draw, draw.one(TOLD)))
        if make is not write or draw.chance(0.6):
            break
        # What was written is read, or changed again.
        make = draw.by_weight({reads.rows: 1, reads.annotated: 1, write: 1})
    return Program(name, rows, tuple(statements), frozenset(draw.constructs))

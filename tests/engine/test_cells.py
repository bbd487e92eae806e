"""Nothing is called translated without a probe that is answered, or refused without one that is."""

import re
from pathlib import Path

import pytest

import djongo_engine
from tests.engine import test_schema
from tests.engine.cells import ALWAYS_REFUSED, REFUSED, TRANSLATED
from tests.engine.floor import reason_to_refuse
from tests.engine.probes_read import one_collection, several_collections
from tests.engine.probes_write import writes

README = Path(djongo_engine.__file__).with_name("README.md")
PROBES = {**one_collection(), "relations": several_collections(), "writes": writes()}
NAMES = [name for probes in PROBES.values() for name in probes]


def section() -> str:
    text = README.read_text(encoding="utf-8")
    return text.partition("## What is translated\n")[2].partition("\n## ")[0]


def table() -> dict[str, tuple[str, str]]:
    """The cells of each row."""
    lines = [line.strip("|").split("|") for line in section().splitlines() if line[:1] == "|"]
    return {row.strip(): (yes, no) for row, yes, no in lines[2:]}


ROWS = [
    (row, cell, promises[row])
    for row, cells in table().items()
    for cell, promises in zip(cells, (TRANSLATED, REFUSED), strict=True)
]


@pytest.mark.parametrize("promises", [TRANSLATED, REFUSED], ids=["translated", "refused"])
def test_each_row_of_the_table_has_its_probes(promises):
    assert list(promises) == list(table())


@pytest.mark.parametrize(("row", "cell", "promised"), ROWS, ids=range(len(ROWS)))
def test_all_that_a_cell_names_has_a_probe(row, cell, promised):
    named = [*re.findall(r"`[^`]*`", cell), *re.split(r"[,;] ", cell)]
    assert [each for each in named if not any(phrase in each for phrase in promised)] == []


@pytest.mark.parametrize(("row", "cell", "promised"), ROWS, ids=range(len(ROWS)))
def test_each_probe_is_of_what_its_cell_names(row, cell, promised):
    assert [phrase for phrase in promised if phrase not in cell] == []


def test_no_two_probes_have_one_name():
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize("row", PROBES)
def test_what_the_table_calls_translated_is_answered(row):
    for phrase, start in TRANSLATED[row].items():
        found = [name for name in PROBES[row] if start in name]
        assert any(reason_to_refuse(name) is None for name in found), phrase


@pytest.mark.parametrize("row", PROBES)
def test_what_the_table_calls_refused_is_refused(row):
    for phrase, name in REFUSED[row].items():
        assert name in NAMES, phrase
        assert reason_to_refuse(name), phrase


def test_schema_operations_are_those_of_the_table():
    assert set(TRANSLATED["schema"].values()) <= set(test_schema.OPERATIONS)
    assert set(REFUSED["schema"].values()) <= set(test_schema.REFUSED)


def test_what_is_refused_whatever_the_operation_is_refused():
    for phrase, name in ALWAYS_REFUSED.items():
        assert phrase in section()
        assert name in NAMES, phrase
        assert reason_to_refuse(name), phrase

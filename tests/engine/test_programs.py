"""Random programs get the same answers from the engine as from SQLite, or are refused."""

import pytest

from tests.engine.programs.batch import run_batch
from tests.engine.programs.compare import judged
from tests.engine.programs.tally import Tally


@pytest.fixture
def programs():
    """Both databases, ready for programs."""
    with judged():
        yield


def tally_of(seed, batches):
    """Run some batches; stop at the first wrong answer, and show it as a test."""
    tally = Tally()
    for batch in range(batches):
        counted, wrong = run_batch(seed, batch)
        assert not wrong, wrong[0]
        tally.add(counted)
    return tally


def test_of_150_random_programs_none_is_wrong(programs):
    assert tally_of(seed=16, batches=6).total == 150


@pytest.mark.long
def test_of_3000_random_programs_none_is_wrong_and_they_prove_enough(programs):
    # Not in parts: the shares that they must hold vary too much over fewer.
    tally = tally_of(seed=17, batches=120)
    assert not tally.shortfalls(), tally.table()

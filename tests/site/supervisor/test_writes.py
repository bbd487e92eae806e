"""Whether MongoDB takes writes is what came of the last one, in whichever process."""

import multiprocessing

import pytest

from fastapi_mongo_site.supervisor import writes
from fastapi_mongo_site.supervisor.writes import are_refused, report_write


@pytest.fixture(autouse=True)
def flag():
    before = writes._refused
    yield writes.share(writes.new_flag())
    writes.share(before)


def elsewhere(flag, accepted):
    writes.share(flag)
    report_write(accepted=accepted)


def test_the_last_write_counts():
    assert not are_refused()
    report_write(accepted=False)
    assert are_refused()
    report_write(accepted=True)
    assert not are_refused()


def test_a_write_in_another_process_counts(flag):
    for accepted in (False, True):
        context = multiprocessing.get_context("spawn")
        child = context.Process(target=elsewhere, args=(flag, accepted))
        child.start()
        child.join()
        assert are_refused() is not accepted

"""Whether MongoDB takes writes is what came of the last one, in whichever process."""

import multiprocessing

import pytest

from fastapi_mongo_site import writes

FULL = 14031


@pytest.fixture(autouse=True)
def code():
    before = writes._last
    yield writes.share(writes.new_code())
    writes.share(before)


def elsewhere(code, report, *arguments):
    writes.share(code)
    report(*arguments)


def test_the_last_write_counts():
    writes.report_refused(FULL)
    assert writes.refusal() == "full"
    writes.report_accepted()
    assert writes.refusal() is None


def test_an_error_that_says_nothing_of_other_writes_is_passed_over():
    writes.report_refused(112)
    assert writes.refusal() is None


@pytest.mark.parametrize(
    ("report", "arguments", "word"),
    [(writes.report_refused, (FULL,), "full"), (writes.report_accepted, (), None)],
)
def test_a_write_in_another_process_counts(code, report, arguments, word):
    code.value = 13
    context = multiprocessing.get_context("spawn")
    child = context.Process(target=elsewhere, args=(code, report, *arguments))
    child.start()
    child.join()
    assert writes.refusal() == word

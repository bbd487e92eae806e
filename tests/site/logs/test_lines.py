"""The lines of requests and writes, which a thread of their own writes."""

import logging
import os
import select
import tempfile
import threading
import time

import pytest

from fastapi_mongo_site.logs import lines as module
from fastapi_mongo_site.logs.lines import FILE_BYTES, TURN_LINES, Lines
from tests.support.forks import in_child
from tests.support.service import wait_for


class Kept(Lines):
    """Keeps the blocks that would be written."""

    def __init__(self):
        super().__init__()
        self.blocks = []

    def send(self, block):
        self.blocks.append(block)

    @property
    def text(self):
        return b"".join(self.blocks).decode()


@pytest.fixture
def lines():
    return Kept()


def a_file():
    with tempfile.TemporaryFile() as file:
        return [os.dup(file.fileno())]


def say(number):
    return {"number": number}


def test_lines_are_written_in_their_order_within_a_moment(lines):
    for number in range(3):
        lines.add("requests", "request", say, number)
    wait_for(lambda: lines.text.count("\n") == 3)
    assert [line[-8:] for line in lines.text.splitlines()] == ["number=0", "number=1", "number=2"]


def test_line_has_the_time_at_which_it_was_added(lines, monkeypatch):
    monkeypatch.setattr(module.time, "time", lambda: 0.5)
    lines.add("requests", "request", say, 1)
    lines.flush()
    assert lines.text.startswith("1970-01-01T00:00:00.500000Z [info] [requests] request ")


@pytest.mark.parametrize(("open_log", "most"), [(os.pipe, select.PIPE_BUF), (a_file, FILE_BYTES)])
def test_no_block_is_larger_than_stays_together(lines, monkeypatch, open_log, most):
    *others, log = open_log()
    monkeypatch.setattr(module, "STDERR", log)
    for _ in range(900):
        lines.add("requests", "request", say, "x" * 100)
    lines.flush()
    assert most / 2 < max(map(len, lines.blocks)) <= most
    assert all(block.endswith(b"\n") for block in lines.blocks)
    assert lines.text.count("\n") == 900
    for descriptor in (*others, log):
        os.close(descriptor)


def test_many_lines_do_not_wait_for_the_moment_to_pass(lines, monkeypatch):
    monkeypatch.setattr(module, "TURN_SECONDS", 60)
    for number in range(TURN_LINES + 1):
        lines.add("requests", "request", say, number)
    wait_for(lambda: lines.text.count("\n") == TURN_LINES + 1)


def test_a_log_that_is_closed_stops_nothing(lines, monkeypatch):
    monkeypatch.setattr(module, "STDERR", -1)
    lines.add("requests", "request", say, 1)
    lines.flush()
    assert lines.text.endswith("number=1\n")


def test_lines_that_nobody_reads_are_counted_and_dropped(lines, monkeypatch, caplog):
    monkeypatch.setattr(module, "MAX_WAITING", 2)
    with lines._writing:
        for number in range(5):
            lines.add("requests", "request", say, number)
    lines.flush()
    assert lines.text.count("\n") == 2
    assert caplog.messages == ["3 lines were dropped, as the log did not take them."]


def test_end_of_the_process_writes_what_waits(lines):
    lines.add("requests", "request", say, 1)
    lines.close()
    assert lines.text.endswith("number=1\n")


def test_end_of_the_process_writes_what_waits_without_a_thread(lines, monkeypatch):
    def no_thread(thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", no_thread)
    lines.add("requests", "request", say, 1)
    lines.close()
    assert lines.text.endswith("number=1\n")


def test_end_of_the_process_waits_for_no_reader_that_stalls(lines, monkeypatch):
    monkeypatch.setattr(module, "CLOSE_SECONDS", 0.1)
    stalled = threading.Event()
    monkeypatch.setattr(lines, "send", lambda block: stalled.wait(10))
    lines.add("requests", "request", say, 1)
    started = time.monotonic()
    lines.close()
    assert time.monotonic() - started < 5
    stalled.set()


def test_line_that_cannot_be_made_stops_no_other(lines, caplog):
    lines.add("requests", "request", len, 1)
    lines.add("requests", "request", say, 2)
    lines.flush()
    assert lines.text.endswith("number=2\n")
    assert caplog.messages == ["A line of requests cannot be written."]


def test_log_that_cannot_be_written_stops_nothing_and_is_counted(monkeypatch, caplog):
    reader, writer = os.pipe()
    os.close(reader)
    monkeypatch.setattr(module, "STDERR", writer)
    lines = Lines()
    for number in range(3):
        lines.add("requests", "request", say, number)
    lines.flush()
    assert caplog.messages == ["3 lines were dropped, as the log did not take them."]
    os.close(writer)


def test_line_that_was_cut_ends_before_the_next(monkeypatch, caplog):
    """The reader of a pipe that blocks nobody takes less than was written."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    monkeypatch.setattr(module, "STDERR", writer)
    lines = Lines()
    lines.send(b"x" * 60_000 + b"\n")
    lines.send(b"y" * 600 + b"\n" + b"z" * 9_000 + b"\n")
    read = os.read(reader, 65_536)
    lines.send(b"whole\n")
    assert (read + os.read(reader, 65_536)).endswith(b"z\nwhole\n")
    lines.flush()
    assert caplog.messages == ["1 lines were dropped, as the log did not take them."]
    os.close(reader)
    os.close(writer)


def test_lines_that_keep_coming_do_not_keep_a_turn_from_its_end(lines, monkeypatch):
    def send(block):
        lines.add("requests", "request", say, len(lines.blocks))
        Kept.send(lines, block)

    monkeypatch.setattr(lines, "send", send)
    lines.add("requests", "request", say, 0)
    lines.flush()
    assert lines.text.count("\n") == 1


def test_a_turn_takes_its_time_again_after_one_of_many_lines(lines):
    for number in range(TURN_LINES + 1):
        lines.add("requests", "request", say, number)
    wait_for(lambda: lines.text.count("\n") == TURN_LINES + 1)
    assert not lines._plenty.is_set()


def test_lines_of_many_threads_are_all_whole(lines):
    def add():
        for number in range(200):
            lines.add("requests", "request", say, number)

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines.flush()
    assert sorted(int(line.rpartition("=")[2]) for line in lines.text.splitlines()) == sorted(
        [*range(200)] * 4
    )


def test_forked_child_writes_its_own_lines_alone(lines):
    with lines._writing:
        lines.add("requests", "request", say, 1)

        def child():
            lines.add("requests", "request", say, 2)
            lines.flush()
            return lines.text

        assert in_child(child).endswith("number=2\n")


def test_level_of_a_line_is_info(written):
    module.lines.add("requests", "request", say, 1)
    (entry,) = written()
    assert entry["level"] == logging.getLevelName(logging.INFO).lower()

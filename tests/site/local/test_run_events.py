"""What can happen to a `manage.py run`: a part is killed, another run starts beside it."""

import os
import signal

import pytest

from tests.support.clones import FRESH, copy_of_project, parts_of, processes_of, verify
from tests.support.service import Service, wait_for

pytestmark = pytest.mark.long


@pytest.fixture
def clone(tmp_path):
    """A fresh clone. Nothing may run in it at the end."""
    clone = copy_of_project(tmp_path)
    yield clone
    wait_for(lambda: not processes_of(clone))


@pytest.mark.parametrize(
    ("survived", "fatal"), [("worker", "run"), ("database", "serve")], ids=lambda part: part
)
def test_killing_any_part_does_not_stop_the_next_start(clone, survived, fatal):
    with Service("run", project=clone, **FRESH) as service:
        service.wait_until_up()
        killed = parts_of(service, clone)[survived]
        os.kill(killed, signal.SIGKILL)
        wait_for(lambda: killed not in processes_of(clone))
        parts = parts_of(service, clone)
        service.wait_until_up()
        os.kill(parts[fatal], signal.SIGKILL)
        service.process.wait(timeout=20)
        wait_for(lambda: not set(processes_of(clone)) - {parts["database"]})
    with Service("run", project=clone, **FRESH) as service:
        service.wait_until_up()
        assert "TRUE" in verify(service, clone).stdout


def test_two_at_once_on_an_empty_database_both_come_up(clone):
    with (
        Service("run", project=clone, **FRESH) as one,
        Service("run", project=clone, **FRESH) as two,
    ):
        one.wait_until_up()
        two.wait_until_up()
        assert one.stop(signal.SIGINT) == 0
        assert "TRUE" in verify(two, clone).stdout
        assert two.stop() == 0


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_run_alone_stops_all_of_it(clone, signum):
    with Service("run", project=clone, **FRESH) as service:
        service.wait_until_up()
        assert service.stop(signum) == 0
        assert "Traceback" not in service.output()

"""What befalls a `manage.py run`: a killed part, another one beside it, a change of code."""

import os
import signal
import subprocess
import threading
import urllib.request

from fastapi_mongo_site.local.shared_mongo import SharedMongo
from tests.support.service import (
    FRESH,
    Service,
    copy_of_project,
    database_pid,
    processes_of,
    verify,
    wait_for,
)


def test_killing_any_part_does_not_stop_the_next_start(tmp_path):
    clone = copy_of_project(tmp_path)
    # The first of each pair is started again by what goes on; the second ends the run.
    for first, second in (("worker", "run"), ("database", "serve")):
        with Service("run", project=clone, **FRESH) as service:
            service.wait_until_up()
            killed = parts_of(service, clone)[first]
            os.kill(killed, signal.SIGKILL)
            wait_for(lambda: killed not in processes_of(clone))  # noqa: B023
            parts = parts_of(service, clone)
            service.wait_until_up()
            os.kill(parts[second], signal.SIGKILL)
            service.process.wait(timeout=20)
            wait_for(lambda: not set(processes_of(clone)) - {parts["database"]})  # noqa: B023
    with Service("run", project=clone, **FRESH) as service:
        service.wait_until_up()
        assert "TRUE" in verify(service, clone).stdout
    wait_for(lambda: not processes_of(clone))


def parts_of(service, clone):
    """Return the pid of each part of a run, once all are there."""
    parts = {}

    def complete():
        running = set(processes_of(clone))
        run, database = service.process.pid, database_pid(clone)
        # Beside them multiprocessing's resource tracker, which is older than both.
        _, *rest = sorted(running - {run, database})
        parts.update(
            zip(("run", "database", "serve", "worker"), (run, database, *rest), strict=False)
        )
        return {run, database} <= running and len(rest) == 2

    wait_for(complete)
    return parts


def test_two_at_once_on_an_empty_database_both_come_up(tmp_path):
    clone = copy_of_project(tmp_path)
    with (
        Service("run", project=clone, **FRESH) as one,
        Service("run", project=clone, **FRESH) as two,
    ):
        one.wait_until_up()
        two.wait_until_up()
        assert one.stop(signal.SIGINT) == 0
        assert "TRUE" in verify(two, clone).stdout
        assert two.stop() == 0
    wait_for(lambda: not processes_of(clone))


def test_reload_restarts_on_a_change_of_code(tmp_path):
    clone = copy_of_project(tmp_path)
    views = clone / "fastapi_mongo_site" / "views.py"
    with Service("run", "--reload", project=clone, **FRESH) as service:
        service.wait_until_up()
        views.write_text(views.read_text().replace("You are visiting", "Welcome to"))

        def changed():
            try:
                with urllib.request.urlopen(service.url, timeout=5) as answer:
                    return b"Welcome to" in answer.read()
            except OSError:
                return False

        wait_for(changed, seconds=30)


def test_a_database_that_is_being_started_again_is_waited_for_and_stopped(tmp_path):
    shared = SharedMongo(tmp_path)
    shared.acquire()
    pid_file = tmp_path / "mongodb" / "pid"
    running = pid_file.read_text()
    ended = subprocess.Popen(["true"])
    ended.wait()
    pid_file.write_text(str(ended.pid))
    release = threading.Thread(target=shared.release)
    release.start()
    wait_for(lambda: not shared.url_file.exists())
    (tmp_path / "pid").write_text(running)
    (tmp_path / "pid").replace(pid_file)
    release.join(20)
    shared.users.close()
    assert not release.is_alive()

"""How a process that `run` or `serve` started follows its parent."""

import multiprocessing
import os
import signal
import threading
import time

from django.conf import settings


def stop_with_parent() -> None:
    """Stop this process, by SIGTERM, once the multiprocessing parent is gone; else do nothing.

    A parent that is killed (SIGKILL) cannot stop its children, which would hold the port.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def wait() -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(settings.STOP_SECONDS)
        os._exit(1)

    threading.Thread(target=wait, name="stop-with-parent", daemon=True).start()


def leave_interrupts_to_parent() -> None:
    """Block SIGINT, which a terminal sends to all processes on Ctrl-C: the parent stops this one.

    Two signals at once can hang it for good. Linux may give both to another thread, and the main
    thread, where Python's handlers run, sleeps on; or the second interrupts the handler of the
    first in Granian's workers, which then waits for itself. Call this before the process has other
    threads, which inherit it.
    """
    if multiprocessing.parent_process() is not None:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})

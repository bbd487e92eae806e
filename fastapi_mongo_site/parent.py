"""End with the process that started this one."""

import multiprocessing
import os
import signal
import threading
import time

GRACE_SECONDS = 5


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
        time.sleep(GRACE_SECONDS)
        os._exit(1)

    threading.Thread(target=wait, name="stop-with-parent", daemon=True).start()

"""What a stop from the keyboard means: at once with one line, or an exception that the work cleans up after."""

from __future__ import annotations

import os
import signal
import threading
from typing import NoReturn

STOPPED = "stopped; no file is half written"


def stop_at_once(*_: object) -> NoReturn:
    """End with 130, as a shell's programs do. Nothing has been written yet, or all of it has."""
    os.write(2, f"{STOPPED}\n".encode())
    os._exit(130)


def let_work_be_stopped(working: bool) -> bool:
    """While a command works, a stop is an exception that it may clean up after; before and after it ends at once.

    False where the program did not begin here, and stops are somebody else's.
    """
    now, then = (stop_at_once, signal.default_int_handler) if working else (signal.default_int_handler, stop_at_once)
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGINT) is not now:
        return False
    signal.signal(signal.SIGINT, then)
    return True

"""Silence for C libraries that write to standard error on their own (libtiff warns about every private tag)."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_one_at_a_time = threading.Lock()  # a process has one standard error


@contextmanager
def without_chatter() -> Iterator[None]:
    """Throw away whatever native code writes to file descriptor 2 inside; errors still come as exceptions."""
    with _one_at_a_time:
        try:
            kept = os.dup(2)
        except OSError:  # standard error is closed
            yield
            return
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            os.close(nowhere)

"""Patience: what a worker has to tell the ledger waits for a database that is away, and is not lost."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from maquette.core.errors import Unavailable

T = TypeVar("T")
PATIENCE_S = 600.0  # longer than a database takes to restart or to move to another machine
PAUSE_S = 0.2


def patiently(ask: Callable[[], T], seconds: float = PATIENCE_S) -> T:
    """The answer, as soon as there is one; ``Unavailable`` where there is none for so long.

    Only for what may be said twice: the first time may have been heard, and its answer lost.
    """
    until = time.monotonic() + seconds
    while True:
        try:
            return ask()
        except Unavailable:
            if time.monotonic() > until:
                raise
            time.sleep(PAUSE_S)

"""What a worker knows of itself: its name, the job in its hands, whether it should stop."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from maquette.core.errors import Unavailable
from maquette.flow.queue.ledger import Ledger

REPORT_S = 0.2  # five reports a second are enough for a bar


class Control:
    """Shared between the thread that works and the thread that minds it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.identity = ""
        self.asked_to_stop: float | None = None
        self._lock = threading.Lock()

    @contextmanager
    def minding(self, identity: str) -> Iterator[None]:
        """While a job is in hand."""
        with self._lock:
            self.identity, self.asked_to_stop = identity, None
        try:
            yield
        finally:
            with self._lock:
                self.identity, self.asked_to_stop = "", None

    def stop(self, identity: str, when: float) -> None:
        """Somebody asked this job to stop."""
        with self._lock:
            if identity == self.identity and self.asked_to_stop is None:
                self.asked_to_stop = when

    def should_stop(self) -> bool:
        """Asked by the stage at each of its reports."""
        return self.asked_to_stop is not None

    def listener(self, ledger: Ledger, identity: str) -> Callable[[float, str], None]:
        """Where reports go: into the ledger, at most five a second; one that finds no ledger is left out."""
        last = [0.0]

        def listen(fraction: float, message: str) -> None:
            now = time.monotonic()
            if now - last[0] >= REPORT_S:
                last[0] = now
                with contextlib.suppress(Unavailable):
                    ledger.report(identity, fraction, message)

        return listen

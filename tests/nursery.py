"""Workers by fork: a process that has everything loaded and keeps so many children at work, however they end.

    python tests/nursery.py FOLDER COUNT [DATABASE]

Killing forty workers would else be forty starts of Python. What `maquette serve` does with its workers is done here:
a child that ended is said to be silent and replaced. Children die where `die_here` (`tiny_stages`) finds its file.
"""

from __future__ import annotations

import contextlib
import os
import platform
import signal
import sys
import threading
from pathlib import Path


def main(home: str, count: int, database: str = "") -> None:
    from maquette.flow.queue import workflow  # loads DBOS once, for all children
    from maquette.flow.queue.workshop import Workshop
    from maquette.registry import registry

    assert workflow.QUEUE
    list(registry().values())
    hands = {hire(Workshop(Path(home), database)) for _ in range(count)}
    signal.signal(signal.SIGTERM, lambda *_: end_all(hands))
    print("ready", flush=True)
    while hands:
        pid, _ = os.wait()
        hands.discard(pid)
        print(f"died {pid}", flush=True)
        workshop = Workshop(Path(home), database)
        workshop.ledger.roster.silence(pid, platform.node())
        workshop.ledger.close()
        hands.add(hire(Workshop(Path(home), database)))


def end_all(hands: set[int]) -> None:
    """End every child, and then itself."""
    for pid in hands:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    os._exit(0)


def hire(workshop) -> int:
    """One worker as a child; its number."""
    pid = os.fork()
    if pid:
        return pid
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    from maquette.flow.queue.worker import Worker

    Worker(workshop).work(threading.Event())
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:])

"""The worker's side of Maquette's protocol, version 1: one loop that all scripts beside it use.

Nothing but Python's own library: it runs in any environment. A script gives `serve` a function that reads its weights
and one that makes a file. Whatever libraries print goes to standard error, which Maquette keeps as the worker's log.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

VERSION = 1
Say = Callable[[float, str], None]


class Cannot(Exception):
    """This picture has no answer; the words reach the user."""


def serve(name: str, licence: str, load: Callable[[], Any], make: Callable[[Any, dict[str, Any], Say], None]) -> None:
    """Say hello once the weights are read, then take one job after another until the input ends.

    ``make(model, job, say)`` writes ``job["output"]``; ``say(share, words)`` reports how far it is.
    """
    lines = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what libraries print must not be taken for the protocol
    sys.stdout = sys.stderr

    def tell(**line: Any) -> None:
        lines.write(json.dumps(line) + "\n")

    try:
        model = load()
    except Exception as problem:
        traceback.print_exc()
        tell(error=f"its weights cannot be read: {problem}", kind="missing")
        return
    tell(hello=VERSION, name=name, licence=licence)
    for text in sys.stdin:
        job = json.loads(text)
        number = job["job"]

        def say(share: float, words: str = "", number: str = number) -> None:
            tell(job=number, progress=share, says=words)

        try:
            make(model, job, say)
            tell(job=number, done=job["output"])
        except Cannot as problem:
            tell(job=number, error=str(problem), kind="cannot")
        except Exception as problem:
            traceback.print_exc()
            tell(job=number, error=f"{type(problem).__name__}: {problem}", kind="cannot")

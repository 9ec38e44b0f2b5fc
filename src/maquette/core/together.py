"""Several pieces of work at once, one a core: arithmetic on arrays, rays and networks leave Python's lock.

Results, notes and errors come in the order in which the work was named, as if one piece had followed the other.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from contextvars import copy_context
from threading import Event
from typing import TypeVar

from maquette.core.progress import note, noting, progress, silently

T = TypeVar("T")
_MOST = 8  # at once: each has its own arrays


def together(work: Iterable[Callable[[], T]], names: Sequence[str] = (), heard: int = -1) -> list[T]:
    """What each piece of work gives. ``names`` are told as progress, each when its turn comes.

    The first piece, by order, that raised raises here; those that have not begun are dropped, the others asked to stop.
    Each asks whoever watches whether it should stop. What they tell of their own progress is left out, for several are
    at different places, but for the one piece ``heard``.
    """
    pieces = list(work)
    titles = list(names) or [""] * len(pieces)
    if len(pieces) < 2 or (os.cpu_count() or 1) < 2:
        return [_alone(piece, number / len(pieces), titles[number]) for number, piece in enumerate(pieces)]
    over = Event()
    with ThreadPoolExecutor(min(len(pieces), os.cpu_count() or 1, _MOST)) as pool:
        running = [
            pool.submit(copy_context().run, _collect_notes, piece, over.is_set, number == heard)
            for number, piece in enumerate(pieces)
        ]
        try:
            return [_tell(future.result, number / len(pieces), titles[number]) for number, future in enumerate(running)]
        except BaseException:
            over.set()
            for future in running:
                future.cancel()
            raise


def _alone(piece: Callable[[], T], share: float, title: str) -> T:
    """One piece after the other, where there is one core."""
    progress(share, title)
    with silently():
        return piece()


def _collect_notes(piece: Callable[[], T], is_over: Callable[[], bool], is_heard: bool) -> tuple[T, list[str]]:
    """What a piece gives, and what it noted."""
    with nullcontext() if is_heard else silently(is_over), noting() as notes:
        return piece(), notes


def _tell(result: Callable[[], tuple[T, list[str]]], share: float, title: str) -> T:
    """What a piece gave; its notes are said now."""
    progress(share, title)
    value, notes = result()
    for text in notes:
        note(text)
    return value

"""What was worked out about a mesh or an array, kept for whoever asks the same of the same one.

A report asks some thirty questions of one mesh, and a dozen of them begin with the same weld. What is kept belongs to
the very object that was asked about, not to an equal one, so nothing is compared and nothing can be mixed up; it goes
when that object goes, or when enough others were asked about since.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any, Generic, ParamSpec, TypeVar, cast
from weakref import ReferenceType, ref

import numpy as np

from maquette.core.values import Value, is_writable

P = ParamSpec("P")
R = TypeVar("R")
_all: list[Remembered[Any]] = []


class Remembered(Generic[R]):
    """A function of positions only that keeps its last few results; :func:`remember` makes one."""

    def __init__(self, function: Callable[..., R], most: int) -> None:
        functools.update_wrapper(self, function)
        self._function, self._most = function, most
        self._rows: list[tuple[tuple[Any, ...], R]] = []
        self._lock = threading.Lock()
        _all.append(self)

    def __call__(self, *asked: Any) -> R:
        """The result, kept or new."""
        with self._lock:
            known = next((row for row in self._rows if _same(row[0], asked)), None)
            if known is not None:
                self._rows[:] = [*(row for row in self._rows if row is not known), known]
                return known[1]
        result = self._function(*asked)
        if not any(isinstance(one, np.ndarray) and is_writable(one) for one in asked):
            with self._lock:
                self._rows[:] = [*self._rows, (self._key(asked), result)][-self._most :]
        return result

    def forget(self) -> None:
        """Keep nothing of what was asked so far."""
        self._rows.clear()

    def _key(self, asked: tuple[Any, ...]) -> tuple[Any, ...]:
        """What was asked: objects by weak references, whose end ends the row, settings as they are."""
        return tuple(ref(one, self._drop) if isinstance(one, Value | np.ndarray) else one for one in asked)

    def _drop(self, gone: ReferenceType[Any]) -> None:
        """Rows of an object that is no more; without the lock, which this very thread may hold."""
        self._rows[:] = [row for row in self._rows if not any(part is gone for part in row[0])]


def remember(most: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A decorator: keep the last ``most`` results of a function of meshes, read-only arrays and plain settings.

    Arrays that somebody could still change are worked on anew each time.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        return cast("Callable[P, R]", Remembered(function, most))

    return decorate


def forget_everything() -> None:
    """Let every remembering function start afresh; for measuring."""
    for one in _all:
        one.forget()


def _same(key: tuple[Any, ...], asked: tuple[Any, ...]) -> bool:
    """Whether a row was asked this: the same objects, equal settings."""
    if len(key) != len(asked):
        return False
    return all(
        part() is one if isinstance(part, ReferenceType) else not isinstance(one, Value | np.ndarray) and part == one
        for part, one in zip(key, asked, strict=True)
    )

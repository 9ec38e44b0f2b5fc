"""What was worked out about a mesh or an array, kept for whoever asks the same of the same one.

A report asks some thirty questions of one mesh, and a dozen of them begin with the same weld. What is kept belongs to
the very object that was asked about, not to an equal one, so nothing is compared and nothing can be mixed up; it goes
when that object goes, or when enough others were asked about since.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any, Generic, ParamSpec, TypeVar, cast, overload
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
        self._busy: list[tuple[tuple[Any, ...], threading.Event]] = []
        self._lock = threading.Lock()
        _all.append(self)

    def __call__(self, *asked: Any) -> R:
        """The result, kept or new; who asks while another thread works it out waits for that."""
        if any(isinstance(one, np.ndarray) and is_writable(one) for one in asked):
            return self._function(*asked)
        while True:
            with self._lock:
                known = next((row for row in self._rows if _same(row[0], asked)), None)
                if known is not None:
                    self._rows[:] = [*(row for row in self._rows if row is not known), known]
                    return known[1]
                busy = next((ended for work, ended in self._busy if _same(work, asked)), None)
                if busy is None:
                    mine = (_weakly(asked), threading.Event())
                    self._busy.append(mine)
                    break
            busy.wait()
        return self._work_out(asked, mine)

    def _work_out(self, asked: tuple[Any, ...], mine: tuple[tuple[Any, ...], threading.Event]) -> R:
        """The result, worked out and kept; whoever waits for it is woken."""
        try:
            result = self._function(*asked)
            with self._lock:
                self._rows[:] = [*self._rows, (_weakly(asked, self._drop), result)][-self._most :]
            return result
        finally:
            with self._lock:
                self._busy[:] = [work for work in self._busy if work is not mine]
            mine[1].set()

    def forget(self) -> None:
        """Keep nothing of what was asked so far."""
        self._rows.clear()

    def _drop(self, gone: ReferenceType[Any]) -> None:
        """Drop the rows of an object that is no more; without the lock, which this very thread may hold."""
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


class once(Generic[R]):  # noqa: N801  # stands where a decorator's name stands
    """A property worked out when first asked for, once, whichever thread asks; each object by itself."""

    def __init__(self, function: Callable[[Any], R]) -> None:
        functools.update_wrapper(self, function)  # type: ignore[arg-type]
        self._function, self._name = function, function.__name__

    @overload
    def __get__(self, instance: None, owner: type) -> once[R]: ...

    @overload
    def __get__(self, instance: object, owner: type) -> R: ...

    def __get__(self, instance: object | None, owner: type) -> once[R] | R:
        if instance is None:
            return self
        held, waiting = instance.__dict__, f"_{self._name}_lock"
        with _guard:
            if self._name in held:
                return cast("R", held[self._name])
            lock = held.setdefault(waiting, threading.RLock())
        with lock:
            if self._name not in held:
                held[self._name] = self._function(instance)
                held.pop(waiting, None)
        return cast("R", held[self._name])


_guard = threading.Lock()


def _weakly(asked: tuple[Any, ...], gone: Callable[[ReferenceType[Any]], None] | None = None) -> tuple[Any, ...]:
    """What was asked: objects by weak references, at whose end ``gone`` is called, settings as they are."""
    return tuple(ref(one, gone) if isinstance(one, Value | np.ndarray) else one for one in asked)


def _same(key: tuple[Any, ...], asked: tuple[Any, ...]) -> bool:
    """Whether a row was asked this: the same objects, equal settings."""
    if len(key) != len(asked):
        return False
    return all(
        part() is one if isinstance(part, ReferenceType) else not isinstance(one, Value | np.ndarray) and part == one
        for part, one in zip(key, asked, strict=True)
    )

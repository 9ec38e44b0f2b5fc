"""How far a long stage is, whether it should stop, and what it did: one context variable, no callbacks in signatures.

A stage calls :func:`progress` now and then with a fraction 0..1 of its own work. Whoever runs it (a command, a server)
opens :func:`watching` around the call. Without a watcher the calls cost a microsecond and do nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


class Cancelled(BaseException):
    """The watcher asked to stop. Not an error: like KeyboardInterrupt, nothing may swallow it."""


@dataclass(frozen=True)
class _Watch:
    """Where reports go; ``start`` and ``stop`` say which share of the whole the running part is."""

    listen: Callable[[float, str], None]
    should_stop: Callable[[], bool]
    start: float = 0.0
    stop: float = 1.0


_watch: ContextVar[_Watch | None] = ContextVar("maquette_watch", default=None)
_notes: ContextVar[list[str] | None] = ContextVar("maquette_notes", default=None)


def progress(fraction: float, message: str = "") -> None:
    """Report that ``fraction`` (0..1) of the running stage is done; raises :class:`Cancelled` when asked to stop."""
    watch = _watch.get()
    if watch is None:
        return
    if watch.should_stop():
        raise Cancelled
    share = min(max(fraction, 0.0), 1.0)
    watch.listen(watch.start + (watch.stop - watch.start) * share, message)


def note(message: str) -> None:
    """Say what the running stage did ("filled 3 holes"); the text becomes part of the value's history."""
    notes = _notes.get()
    if notes is not None:
        notes.append(message)


@contextmanager
def watching(listen: Callable[[float, str], None], should_stop: Callable[[], bool] = lambda: False) -> Iterator[None]:
    """Send every :func:`progress` below to ``listen(fraction, message)``; ``should_stop`` is asked at each report."""
    token = _watch.set(_Watch(listen, should_stop))
    try:
        yield
    finally:
        _watch.reset(token)


@contextmanager
def part(start: float, stop: float) -> Iterator[None]:
    """Everything reported inside counts as the share ``start..stop`` of the part that is running now."""
    watch = _watch.get()
    if watch is None:
        yield
        return
    width = watch.stop - watch.start
    token = _watch.set(_Watch(watch.listen, watch.should_stop, watch.start + width * start, watch.start + width * stop))
    try:
        yield
    finally:
        _watch.reset(token)


@contextmanager
def silently(is_over: Callable[[], bool] = lambda: False) -> Iterator[None]:
    """Nothing reported inside is heard; whoever watches may still ask to stop, and so may ``is_over``."""
    watch = _watch.get()
    should_stop = is_over if watch is None else lambda: is_over() or watch.should_stop()
    token = _watch.set(_Watch(lambda fraction, message: None, should_stop))
    try:
        yield
    finally:
        _watch.reset(token)


def has_listener() -> bool:
    """True when somebody collects notes."""
    return _notes.get() is not None


@contextmanager
def noting() -> Iterator[list[str]]:
    """Collect what :func:`note` says inside."""
    taken: list[str] = []
    token = _notes.set(taken)
    try:
        yield taken
    finally:
        _notes.reset(token)

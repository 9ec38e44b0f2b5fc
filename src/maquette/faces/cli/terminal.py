"""What a command says and how: lines for people, JSON for machines, a bar, an exit code for errors."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from maquette.core.errors import MaquetteError
from maquette.core.progress import Cancelled, noting, watching

BAR = 28
STARTED = time.perf_counter()  # about when the user began to wait


class Terminal:
    """One command's voice: results to standard output, everything else to standard error."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self.notes: list[str] = []

    def say(self, text: str, data: Any) -> None:
        """A result: the text, or the data as JSON."""
        if self.as_json:
            told = data | {"notes": self.notes} if isinstance(data, dict) else data
            click.echo(json.dumps(told, indent=2, ensure_ascii=False, default=str))
        elif text:
            click.echo(text)

    def guard(self, body: Callable[[Terminal], int]) -> None:
        """Run a command; one of the four errors becomes one line and its exit code, a bug keeps its traceback."""
        try:
            code = body(self)
        except MaquetteError as problem:
            name = type(problem).__name__
            if self.as_json:
                click.echo(json.dumps({"error": name, "message": str(problem)}, ensure_ascii=False))
            else:
                click.echo(f"{name}: {problem}", err=True)
            code = problem.exit_code
        except (Cancelled, KeyboardInterrupt):
            click.echo("stopped; no file is half written", err=True)
            code = 130
        sys.exit(code)

    @contextmanager
    def progress(self, title: str) -> Iterator[None]:
        """A bar while the work inside goes on; where nobody watches, a line per step. Then what the stages noted."""
        shown = sys.stderr.isatty() and not self.as_json
        listener = _Bar(title) if shown else _Lines(quiet=self.as_json)
        with watching(listener), noting() as notes:
            yield
        listener.done()
        self.notes = list(dict.fromkeys(notes))
        for text in () if self.as_json else self.notes:
            click.echo(f"note: {text}", err=True)


class _Bar:
    """A bar that redraws itself, at most twenty times a second."""

    def __init__(self, title: str) -> None:
        self.title, self.last = title, 0.0

    def __call__(self, fraction: float, message: str) -> None:
        now = time.monotonic()
        if now - self.last < 0.05 and fraction < 1:
            return
        self.last = now
        full = int(BAR * fraction)
        bar = "█" * full + "░" * (BAR - full)
        click.echo(f"\r\x1b[K{self.title} {bar} {fraction:4.0%} {message}"[:110], nl=False, err=True)

    def done(self) -> None:
        """Take the bar away."""
        click.echo("\r\x1b[K", nl=False, err=True)


class _Lines:
    """Plain lines for logs: a new step, at most one line for every twentieth of the work."""

    def __init__(self, quiet: bool) -> None:
        self.quiet, self.last, self.reached = quiet, "", -1.0

    def __call__(self, fraction: float, message: str) -> None:
        if self.quiet or not message or message == self.last or fraction < self.reached + 0.05:
            return
        self.last, self.reached = message, fraction
        click.echo(f"{fraction:4.0%} {message}", err=True)

    def done(self) -> None:
        """Nothing to clear."""

"""What a command says and how: lines for people, JSON for machines, a bar, an exit code for errors."""

from __future__ import annotations

import errno
import json
import math
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import click

from maquette.core.errors import CannotDo, MaquetteError, Unavailable
from maquette.core.money import dollars, paying
from maquette.core.notes import worst_first
from maquette.core.progress import Cancelled, note, noting, watching
from maquette.faces.cli.stopping import STOPPED, let_work_be_stopped
from maquette.flow.landing import standard_output_taken

BAR = 28
STARTED = time.perf_counter()  # about when the user began to wait


class Terminal:
    """One command's voice: results to standard output, everything else to standard error."""

    def __init__(self, as_json: bool, *, agrees: bool = False) -> None:
        self.as_json, self.agrees = as_json, agrees
        self.notes: list[str] = []

    def say(self, text: str, data: Any) -> None:
        """A result: the text, or the data as JSON."""
        aside = standard_output_taken()
        if self.as_json:
            answer = data | {"notes": worst_first(self.notes)} if isinstance(data, dict) else data
            click.echo(json.dumps(answer, indent=2, ensure_ascii=False, default=str), err=aside)
        elif text:
            click.echo(text, err=aside)

    def guard(self, body: Callable[[Terminal], int]) -> None:
        """Run a command; one of the four errors becomes one line and its exit code, a bug keeps its traceback."""
        ours = let_work_be_stopped(working=True)
        with noting() as self.notes, paying(math.inf, self.ask_to_pay):
            try:
                code = body(self)
                sys.stdout.flush()
            except MaquetteError as problem:
                code = self._report_refusal(problem)
            except (Cancelled, KeyboardInterrupt):
                click.echo(STOPPED, err=True)
                code = 130
            except OSError as problem:
                code = _broken_output(problem)
        if ours:
            let_work_be_stopped(working=False)
        if not self.as_json:
            for text in worst_first(self.notes):
                click.echo(f"note: {text}", err=True)
        sys.exit(code)

    def ask_to_pay(self, stage: str, usd: float, words: str) -> bool:
        """Show a price and ask; ``--yes`` has answered already, and where nobody can be asked it is demanded."""
        if self.agrees:
            note(f"{stage}: {dollars(usd)} to {words}")
            return True
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise Unavailable(f"{stage}: costs about {dollars(usd)} ({words}) and nobody is here to agree; add --yes")
        return click.confirm(f"\n{stage}: this costs about {dollars(usd)} ({words}); pay it?", err=True)

    def _report_refusal(self, problem: MaquetteError) -> int:
        """One of the four errors as one line, or as JSON; its exit code."""
        name = type(problem).__name__
        if self.as_json:
            answer = {"error": name, "message": str(problem), "notes": worst_first(self.notes)}
            click.echo(json.dumps(answer, ensure_ascii=False))
        else:
            click.echo(f"{name}: {problem}", err=True)
        return problem.exit_code

    @contextmanager
    def progress(self, title: str) -> Iterator[None]:
        """A bar while the work inside goes on; where nobody watches, a line per step."""
        shown = sys.stderr.isatty() and not self.as_json
        listener = _Bar(title) if shown else _Lines(quiet=self.as_json)
        with watching(listener):
            yield
        listener.done()


def _broken_output(problem: OSError) -> int:
    """Standard output that takes no more: silence and 141 for a reader that left, else a line and `CannotDo`'s code."""
    if problem.filename is not None or problem.errno not in (errno.ENOSPC, errno.EPIPE, errno.EIO, errno.EBADF):
        raise problem
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is left in the buffer must not fail again at the end
    if problem.errno == errno.EPIPE:
        return 141
    click.echo(f"CannotDo: standard output cannot be written: {problem.strerror}; free some space", err=True)
    return CannotDo.exit_code


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

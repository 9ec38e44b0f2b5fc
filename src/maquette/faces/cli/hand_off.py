"""Over to the slicer: a model in the window of the user's own program."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import Any

import click

from maquette.core.errors import BadSetting, CannotDo
from maquette.faces.cli.terminal import Terminal

SLICERS = ("prusa", "orca", "cura")
_START = 1.0  # seconds in which a program that cannot start, for want of a screen say, has given up


def open_option(help_text: str = "open the result in the slicer") -> click.Option:
    """The flag that shows a file in the slicer's window."""
    return click.Option(["--open", "open_"], is_flag=True, help=help_text)


def open_in_slicer(path: Path, slicer: str) -> None:
    """Show a file in the slicer's window, which stays open when we end; `CannotDo` when it ends at once."""
    from maquette.formats.slicers.slice import viewer

    program = viewer(slicer)
    nothing = subprocess.DEVNULL
    process = subprocess.Popen(
        [program, str(path.absolute())], stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True
    )
    until = time.monotonic() + _START
    while time.monotonic() < until and process.poll() is None:
        time.sleep(0.05)
    if process.poll():
        raise CannotDo(f"open: {Path(program).name} ended with code {process.returncode} at once; is there a screen?")


def with_open(command: click.Command) -> click.Command:
    """The stage ``slice`` as a command that can also show its model in the slicer; without -o it only does that."""
    plain = command.callback
    command.params.append(open_option("show the model in the slicer's window"))

    def body(**options: Any) -> None:
        if not options.pop("open_"):
            plain(**options)  # type: ignore[misc]
            return

        def show(terminal: Terminal) -> int:
            slicer = options["slicer"] or "prusa"
            if slicer not in SLICERS:
                raise BadSetting(f"slice: --slicer {slicer}; it is one of {', '.join(SLICERS)}")
            open_in_slicer(options["asset"], slicer)
            return 0

        if options["output"] is None:
            Terminal(options["as_json"]).guard(show)
        try:
            plain(**options)  # type: ignore[misc]
        except SystemExit as done:
            if done.code:
                raise
        Terminal(options["as_json"]).guard(show)

    command.callback = body
    return command

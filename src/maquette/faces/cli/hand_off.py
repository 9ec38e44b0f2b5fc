"""Over to the slicer: a model in the window of the user's own program."""

from __future__ import annotations

from typing import Any

import click

from maquette.core.errors import BadSetting
from maquette.faces.cli.terminal import Terminal

SLICERS = ("prusa", "orca", "cura")


def open_option(help_text: str = "open the result in the slicer") -> click.Option:
    """The flag that shows a file in the slicer's window."""
    return click.Option(["--open", "open_"], is_flag=True, help=help_text)


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
            from maquette.formats.slicers.window import open_in_slicer  # `maquette --help` should not wait for stages

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

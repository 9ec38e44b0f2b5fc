"""``maquette again``: a render made once more, from what its file says of itself."""

from __future__ import annotations

from pathlib import Path

import click

from maquette.faces.cli.terminal import Terminal


@click.command()
@click.argument("picture", type=click.Path(path_type=Path))
@click.argument("model", required=False, type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="where it goes; left out: only compared")
@click.option("--json", "as_json", is_flag=True, help="the result for machines")
def again(picture: Path, model: Path | None, output: Path | None, as_json: bool) -> None:
    """Make a rendered picture once more, byte for byte, from the model and settings that its file names.

    The MODEL is looked for beside the picture when it is not named. Exit code 1: the bytes differ.
    """

    def body(terminal: Terminal) -> int:
        from maquette.flow import disk
        from maquette.flow.again import render_again
        from maquette.flow.streams import read_bytes

        with terminal.progress("again"):
            files = render_again(picture, model)
        same = files.data == read_bytes(picture)
        if output is not None:
            disk.put(files, output)
        words = "the same bytes" if same else "other bytes; another version of a library draws a little differently"
        terminal.say(f"{picture.name}: {words}", {"same": same, "output": None if output is None else str(output)})
        return int(not same)

    Terminal(as_json).guard(body)

"""``maquette lods``: a model in levels of detail."""

from __future__ import annotations

from pathlib import Path

import click

from maquette.faces.cli.terminal import Terminal


@click.command("lods")
@click.argument("source", metavar="IN", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="chair.glb: chair_LOD0.glb …")
@click.option("--levels", type=click.IntRange(2, 8), default=4, show_default=True, help="the model itself included")
@click.option("--ratio", type=click.FloatRange(0.05, 0.9), default=0.5, show_default=True, help="faces level by level")
@click.option("--one-file", is_flag=True, help="all levels in one GLB, by MSFT_lod")
@click.option("--json", "as_json", is_flag=True, help="result and errors as JSON")
def lods(source: Path, output: Path, levels: int, ratio: float, one_file: bool, as_json: bool) -> None:
    """Write a model in levels of detail, each measured: how far it strays, and up to which size nobody sees it."""

    def body(terminal: Terminal) -> int:
        from maquette.flow.lods import write_lods

        with terminal.progress("lods"):
            written = write_lods(source, output, levels, ratio, one_file=one_file)
        rows = [{"output": str(place), **level.as_dict()} for place, level in written]
        terminal.say("\n".join(f"{place}: {level}" for place, level in written), {"levels": rows})
        return 0

    Terminal(as_json).guard(body)

"""``maquette bake-off``: which generator is good at one's own photos."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from maquette.core.errors import BadSetting
from maquette.faces.cli.options import yes_option
from maquette.faces.cli.terminal import Terminal

if TYPE_CHECKING:
    from maquette.flow.batch.bakeoff import Cell


@click.command("bake-off", params=[yes_option()])
@click.argument("source", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="the folder of page and table")
@click.option("--generators", default="sculpt,inflate", show_default=True, metavar="A,B,…", help="what makes the shape")
@click.option("--routes", default="print,model", show_default=True, help="print, model, or both")
@click.option("--keep", is_flag=True, help="let `maquette generators` show what was measured")
@click.option("--truth", type=click.Path(path_type=Path), help="folder of true shapes, by the photos' names")
@click.option("--person", is_flag=True, help="then time yourself: each raw model is written, you mend and save it")
@click.option("--json", "as_json", is_flag=True, help="every result as JSON")
def bake_off(
    source: Path, output: Path, generators: str, routes: str, keep: bool, truth: Path | None, person: bool,
    as_json: bool, agrees: bool,
) -> None:  # fmt: skip
    """Make every photo of a folder by several generators, and grade each result on its own route's rubric."""

    def body(terminal: Terminal) -> int:
        from dataclasses import asdict

        from maquette.flow.batch.bakeoff import bake_off as bake
        from maquette.flow.batch.bakeoff import keep_measurements, summary_rows, time_a_person, write_bake_off
        from maquette.flow.batch.tasks import tasks_in
        from maquette.flow.judge import insist_on_destination
        from maquette.flow.make import generators as names

        wanted = [name.strip() for name in generators.split(",") if name.strip()]
        for name in wanted:
            if name not in names():
                raise BadSetting(f"bake-off: no generator {name!r}; `maquette generators` lists them")
        destinations = [insist_on_destination("bake-off", word.strip()) for word in routes.split(",")]
        photos = [task.photo for task in tasks_in(source, {})]

        def tell(cells: list[Cell]) -> None:
            write_bake_off(cells, output)

        with terminal.progress("bake-off"):
            raw = output / "raw" if person else None
            if raw is not None:
                raw.mkdir(parents=True, exist_ok=True)
            cells = bake(photos, wanted, destinations, listen=tell, truth=truth, raw=raw)
        if raw is not None:
            cells = time_a_person(cells, raw, partial(click.prompt, default="", err=True, show_default=False))
        page, table = write_bake_off(cells, output)
        if keep:
            keep_measurements(cells)
        rows = summary_rows(cells)
        lines = [", ".join(f"{name} {value}" for name, value in row.items()) for row in rows]
        data = {"cells": [asdict(cell) for cell in cells], "summary": rows, "page": str(page)}
        terminal.say("\n".join([*lines, str(page), str(table)]), data)
        return 0

    Terminal(as_json, agrees=agrees).guard(body)

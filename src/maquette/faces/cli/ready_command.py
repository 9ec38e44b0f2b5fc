"""``maquette ready``: a model of any origin made fit for an engine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from maquette.core.profiles import Target
from maquette.faces.cli.terminal import Terminal


@click.command("ready")
@click.argument("source", metavar="IN", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="where the model goes")
@click.option("--target", default=lambda: Target.default().name, metavar="NAME", help="whose budget and needs apply")
@click.option("--json", "as_json", is_flag=True, help="result and errors as JSON")
def ready(source: Path, output: Path, target: str, as_json: bool) -> None:
    """Make a model file fit for an engine: judge it, fix what can be fixed in order, judge it again."""

    Terminal(as_json).guard(lambda terminal: make_ready(source, output, {"target": target}, terminal))


def make_ready(source: Path, output: Path, options: Mapping[str, Any], terminal: Terminal) -> int:
    """Make a model file fit for the target among the options; 1 when its report failed. Others are refused."""
    from maquette.core.errors import BadSetting
    from maquette.flow.ready import ready_file

    strange = sorted(set(options) - {"target"})
    if strange:
        raise BadSetting(
            f"model: {source.name} is a model already, and {strange[0]} is for photos; leave it out, "
            "or use the stage that does it"
        )
    with terminal.progress("ready"):
        place, done = ready_file(source, output, Target.of(options.get("target")))
    terminal.say(f"{done}\n{place}: {done.asset!r}", {"output": str(place), **done.as_dict()})
    return int(not done.after.passed)

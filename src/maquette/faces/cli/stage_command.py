"""A stage as a command, read from its record: what flows in are files, what flows out is a file or lines.

Values are handed on as the user typed them; the stage itself validates, so this face cannot word a refusal of its own.
"""

from __future__ import annotations

import json
import typing
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from maquette.core.artwork import Artwork
from maquette.core.asset import Asset
from maquette.core.errors import BadInput, BadSetting
from maquette.core.files import Files
from maquette.core.heightmap import Heightmap
from maquette.core.painting import PaintPlan
from maquette.core.picture import Picture
from maquette.core.report import Finding
from maquette.core.subject import Subject, Views
from maquette.faces.cli.options import flags_for, yes_option
from maquette.faces.cli.terminal import Terminal
from maquette.flow.options import stage_options
from maquette.registry import Stage, StageFunction, registry, type_name

FILE_HINT = {
    bytes: "a file",
    Subject: "a photo",
    Views: "photos as front=FILE,left=FILE,…",
    Asset: "a model",
    Files: "a model file",
    Picture: "a picture",
    Heightmap: "heights as a grey picture",
    Artwork: "a drawing: SVG or a picture",
    PaintPlan: "a HueForge project (.hfp)",
}


def command_for(function: StageFunction[Any, Any]) -> click.Command:
    """The click command of a stage."""
    stage = function.stage
    params: list[click.Parameter] = [
        click.Argument([name], metavar=name.upper(), type=click.Path(path_type=Path)) for name in stage.inputs
    ]
    params += flags_for(stage_options(stage))
    if not stage.is_check:
        params.append(click.Option(["-o", "--output"], type=click.Path(path_type=Path), help="where the result goes"))
    params += [yes_option()] if stage.facts.price_of else []
    params.append(click.Option(["--json", "as_json"], is_flag=True, help="results and errors as JSON"))

    def body(**options: Any) -> None:
        terminal = Terminal(options.pop("as_json"), agrees=options.pop("agrees", False))
        terminal.guard(lambda terminal: _run(function, options, terminal))

    takes = ", ".join(f"{name.upper()}: {_hint(kind)}" for name, kind in stage.inputs.items()) or "no file"
    text = f"{stage.documentation}\n\n\b\nTakes {takes}\nGives {type_name(stage.output)}"
    return click.Command(stage.name, params=params, callback=body, help=text, short_help=stage.summary)


def _hint(kind: Any) -> str:
    """What kind of file to give."""
    options = typing.get_args(kind) or (kind,)
    return " or ".join(FILE_HINT.get(option, type_name(option)) for option in options)


def _run(function: StageFunction[Any, Any], options: dict[str, Any], terminal: Terminal) -> int:
    """Read the inputs, call the stage, write or print the result; the exit code."""
    stage = function.stage
    output = options.pop("output", None)
    settings = {name: value for name, value in options.items() if name in stage.settings and value is not None}
    if output is not None and stage.output is Files and "suffix" in stage.roles:
        settings = _ending_as(output, stage, settings)
    call = stage.call(settings)  # refuses wrong settings before any file is read
    names_itself = stage.output is Files and not stage.inputs
    if output is None and not stage.is_check and not names_itself:
        raise BadSetting(f"{stage.name}: no -o given; name the file that the result goes to")
    inputs = [read_input(options[name], kind) for name, kind in stage.inputs.items()]
    with terminal.progress(stage.name):
        result = call.run(*inputs)
    if stage.is_check:
        return show_findings(result, terminal)
    from maquette.flow import disk

    place = disk.save(result, Path(result.main) if output is None else output)
    terminal.say(f"{place}: {result!r}", {"output": str(place), "result": repr(result)})
    return 0


def _ending_as(output: Path, stage: Stage, settings: dict[str, Any]) -> dict[str, Any]:
    """The settings with the kind of file that the output's name says; a PDF must not be called .png."""
    ending = output.suffix.lower()
    kind = settings.get("suffix", ending)
    if kind != ending:
        raise BadSetting(
            f"{stage.name}: --suffix {kind} and -o {output.name} differ; -o alone decides the kind of file"
        )
    return {**settings, "suffix": ending}


def show_findings(findings: Iterable[Finding], terminal: Terminal) -> int:
    """Print findings; 1 when one of them failed."""
    listed = list(findings)
    terminal.say("\n".join(str(f) for f in listed), {"findings": [f.as_dict() for f in listed]})
    return int(any(f.verdict == "fail" for f in listed))


def read_input(path: Path, kind: Any) -> Any:
    """The value in a file, for an input of this type."""
    from maquette.flow import disk
    from maquette.flow.photos import places_by_direction
    from maquette.flow.streams import read_bytes

    kinds = typing.get_args(kind) or (kind,)
    places = places_by_direction(path) if Views in kinds else {}
    if places:
        return Views({name: read_input(place, Subject) for name, place in places.items()})
    if bytes in kinds:
        return read_bytes(path)
    if Heightmap in kinds:
        return registry()["open-heights"](read_bytes(path)).replace(title=path.stem)
    if PaintPlan in kinds:
        return registry()["open-hfp"](read_bytes(path))
    if Artwork in kinds:
        return registry()["open-art"](read_bytes(path, 20_000_000)).replace(title=path.stem)
    if Subject in kinds:
        return registry()["open"](read_bytes(path, 20_000_000)).replace(title=path.stem)
    if Files in kinds:
        return disk.gather_model(path)
    if Asset in kinds:
        return disk.read(path)
    raise BadInput(f"{path.name}: {type_name(kind)} cannot be read from a file; use Python or a recipe")


def stage_lines(stages: Iterable[Stage]) -> str:
    """Stages by room, one line each."""
    lines: list[str] = []
    room = ""
    for stage in sorted(stages, key=lambda s: (s.room, s.name)):
        if stage.room != room:
            room = stage.room
            lines.append(f"\n{room}")
        inputs = ", ".join(type_name(kind) for kind in stage.inputs.values())
        lines.append(f"  {stage.name:<20} {inputs} -> {type_name(stage.output)}\n  {'':<20} {stage.summary}")
    return "\n".join(lines).lstrip()


def as_json(data: Any) -> str:
    """JSON as the faces print it."""
    return json.dumps(data, indent=2, ensure_ascii=False, default=str)

"""The whole jobs: print, model, check, convert, gallery. Each hands its work to flow/ and tells what came of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from maquette.core.errors import BadSetting
from maquette.core.profiles import Printer, Target
from maquette.core.progress import part
from maquette.faces.cli.hand_off import HandOff, slicing_options
from maquette.faces.cli.recipe_command import knob_options, turned
from maquette.faces.cli.stage_command import Words
from maquette.faces.cli.terminal import Terminal

PRINT_ENDINGS = (".3mf", ".stl", ".obj", ".ply")
MODEL_ENDINGS = (".glb", ".obj", ".ply")


class JobCommand(click.Command):
    """A command that reads its recipes' knobs only when it is really asked for."""

    def __init__(self, name: str, recipes: tuple[str, ...], params: list[click.Parameter], **rest: Any) -> None:
        super().__init__(name, params=params, **rest)
        self.recipes, self.complete = recipes, False

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """The fixed parameters and one option per knob of the recipes."""
        if not self.complete:
            from maquette.flow.recipes.load import load_recipe

            knobs = {knob.name: knob for name in self.recipes for knob in load_recipe(name).knobs.values()}
            self.params[-3:-3] = knob_options(list(knobs.values()))
            self.complete = True
        return super().get_params(ctx)


def _profile(kind: type[Printer] | type[Target], text: str) -> click.Option:
    """The option that names a printer or target."""
    name = kind.__name__.lower()
    return click.Option(
        [f"--{name}"], type=Words(kind.names()), default=kind.default().name, show_default=True, help=text
    )


def _common(endings: tuple[str, ...]) -> list[click.Parameter]:
    """What print and model share; the last three options stay last."""
    return [
        click.Option(["--no-report", "no_report"], is_flag=True, help="write the model only, no report beside it"),
        click.Option(["--no-cache", "no_cache"], is_flag=True, help="run every stage again"),
        click.Option(["--json", "as_json"], is_flag=True, help="result and errors as JSON"),
    ]


def print_command() -> click.Command:
    """``maquette print``."""
    names = ", ".join(PRINT_ENDINGS)
    params: list[click.Parameter] = [
        click.Argument(["photo"], type=click.Path(path_type=Path)),
        click.Option(["-o", "--output"], type=click.Path(path_type=Path), required=True, help=f"{names}"),
        click.Option(
            ["--route"],
            type=Words(("auto", "full", "relief")),
            default="auto",
            show_default=True,
            metavar="auto|full|relief",
            help="full: a body that stands on a table; relief: heights on a plate; auto: as the photo asks for",
        ),
        _profile(Printer, "the machine whose bed and limits apply"),
        click.Option(["--force"], is_flag=True, help="write the file even if it would not slice to a filled solid"),
        *slicing_options(),
        *_common(PRINT_ENDINGS),
    ]
    return JobCommand(
        "print",
        ("print", "relief"),
        params,
        callback=_print,
        help="Make a photo into a solid that prints.\n\nOUT.report.html and OUT.report.json are written beside OUT.",
    )


def model_command() -> click.Command:
    """``maquette model``."""
    names = ", ".join(MODEL_ENDINGS)
    params: list[click.Parameter] = [
        click.Argument(["photo"], type=click.Path(path_type=Path)),
        click.Option(["-o", "--output"], type=click.Path(path_type=Path), required=True, help=f"{names}"),
        _profile(Target, "the engine or viewer whose budget applies"),
        *_common(MODEL_ENDINGS),
    ]
    return JobCommand(
        "model",
        ("model",),
        params,
        callback=_model,
        help="Make a photo into a textured model.\n\nOUT.report.html and OUT.report.json are written beside OUT.",
    )


def _print(**given: Any) -> None:
    """Body of ``maquette print``."""
    Terminal(given.pop("as_json")).guard(lambda terminal: _make("print", PRINT_ENDINGS, given, terminal))


def _model(**given: Any) -> None:
    """Body of ``maquette model``."""
    Terminal(given.pop("as_json")).guard(lambda terminal: _make("model", MODEL_ENDINGS, given, terminal))


def _make(destination: Any, endings: tuple[str, ...], given: dict[str, Any], terminal: Terminal) -> int:
    """Make, judge, write the file and its report, say where they are; 1 when the report failed."""
    from maquette.flow import disk
    from maquette.flow.make import make, refuse_unprintable
    from maquette.flow.report.page import write_report
    from maquette.store import Store

    output: Path = given.pop("output")
    if output.suffix.lower() not in endings:
        raise BadSetting(f"{destination}: {output.name} does not end in {', '.join(endings)}; choose one of them")
    hand_off = HandOff.taken_from(given)
    photo, force, no_report = given.pop("photo"), given.pop("force", False), given.pop("no_report")
    fixed = {name: given.pop(name) for name in ("route", "printer", "target") if name in given}
    store = None if given.pop("no_cache") else Store()
    with terminal.progress(destination):
        with part(0.0, 0.6):
            made = make(photo, destination, knobs=turned(given), store=store, **fixed)
        if hand_off.slices:
            made = hand_off.sliced(made, output, force=force)
        with part(0.6, 0.95):
            reports = [] if no_report else write_report(made, output)
        if destination == "print" and not force:
            refuse_unprintable(made)
        disk.save(made.asset, output, thumbnail_for(made.asset, output))
        places = [*hand_off.written(made, output), *reports]
    hand_off.opened(output)
    lines = [f"{output}: {made.asset!r}", f"route: {made.route}; report: {made.report.verdict}"]
    lines += [f"  {f}" for f in made.report.findings if f.verdict in ("warn", "fail")]
    lines += [f"{place}" for place in places]
    data = {"output": str(output), "reports": [str(p) for p in reports], "route": made.route}
    if made.printed is not None:
        said = made.printed.summary
        lines.insert(1, f"{said['slicer']}: {said['time']}, {said['filament_g']} g, {said['layers']} layers")
        data["slicing"] = made.printed.as_dict()
    terminal.say("\n".join(lines), data | {"report": made.report.as_dict(), "seconds": dict(made.seconds)})
    return int(not made.report.passed)


def thumbnail_for(asset: Any, output: Path) -> dict[str, Any]:
    """A picture for the formats that carry one: the setting ``thumbnail`` of their writer."""
    from maquette.flow import disk
    from maquette.registry import registry

    if "thumbnail" not in disk.writer_for(output, asset).stage.hands:
        return {}
    stages = registry()
    return {"thumbnail": stages["write-picture"](stages["picture"](asset, size_px=256)).data}


@click.command("check")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--for", "destination", type=Words(("print", "model")), default="print", show_default=True,
              metavar="print|model", help="what the model is for; it decides which checks apply")  # fmt: skip
@click.option(
    "--printer",
    type=Words(Printer.names()),
    default=Printer.default().name,
    show_default=True,
    help="whose limits apply",
)
@click.option(
    "--target",
    type=Words(Target.names()),
    default=Target.default().name,
    show_default=True,
    help="whose budget applies",
)
@click.option("--json", "as_json", is_flag=True, help="findings and errors as JSON")
def check(file: Path, destination: Any, printer: str, target: str, as_json: bool) -> None:
    """Check a model file: exit code 0 when it passes, 1 when something failed."""

    def body(terminal: Terminal) -> int:
        from maquette.flow import disk
        from maquette.flow.judge import judge

        if destination not in ("print", "model"):
            raise BadSetting(f"check: --for {destination}; it is print or model")
        asset = disk.read(file)
        with terminal.progress("check"):
            report = judge(asset, destination, printer=printer, target=target)
        terminal.say(str(report), report.as_dict())
        return int(not report.passed)

    Terminal(as_json).guard(body)


@click.command("convert")
@click.argument("source", metavar="IN", type=click.Path(path_type=Path))
@click.argument("output", metavar="OUT", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="result and errors as JSON")
def convert(source: Path, output: Path, as_json: bool) -> None:
    """Convert a model file to another format, by the files' endings; nothing is repaired on the way."""

    def body(terminal: Terminal) -> int:
        from maquette.flow import disk

        with terminal.progress("convert"):
            asset = disk.read(source)
            place = disk.save(asset, output, thumbnail_for(asset, output))
        terminal.say(f"{place}: {asset!r}", {"output": str(place), "result": repr(asset)})
        return 0

    Terminal(as_json).guard(body)


@click.command("gallery")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="the contact sheet, .png")
@click.option("--for", "destination", default="print", show_default=True, metavar="print|model", help="destination")
@click.option("--json", "as_json", is_flag=True, help="result and errors as JSON")
def gallery(folder: Path, output: Path, destination: Any, as_json: bool) -> None:
    """Run every picture of a folder and lay photo, mask, four views and verdict side by side, failures included."""

    def body(terminal: Terminal) -> int:
        from maquette.flow.gallery import write_gallery

        with terminal.progress("gallery"):
            rows = write_gallery(folder, output, destination)
        made = sum(row.error == "" for row in rows)
        text = f"{output}: {len(rows)} pictures, {made} made, {len(rows) - made} refused"
        terminal.say(text, {"output": str(output), "rows": [row.as_dict() for row in rows]})
        return 0

    Terminal(as_json).guard(body)

"""A recipe as a command: its knobs are the options."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from maquette.faces.cli.options import flags_for, given_options, yes_option
from maquette.faces.cli.stage_command import read_input
from maquette.faces.cli.terminal import Terminal
from maquette.flow.options import recipe_options
from maquette.registry import registry

if TYPE_CHECKING:  # reading recipes needs YAML, which `maquette --help` should not wait for
    from maquette.flow.recipes.graph import Recipe


class RecipeGroup(click.Group):
    """``maquette run NAME``: the recipes that ship by name, any other by its file."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Recipes that ship with the package."""
        from maquette.flow.recipes.load import recipe_names

        return list(recipe_names())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of one recipe; a name that looks like a file is read as one."""
        from maquette.flow.recipes.load import load_recipe, recipe_names

        if cmd_name in recipe_names() or cmd_name.endswith((".yaml", ".yml")):
            commands: list[click.Command] = []

            def build(terminal: Terminal) -> int:
                commands.append(command_for_recipe(load_recipe(cmd_name)))
                return 0

            try:
                Terminal(False).guard(build)
            except SystemExit as stop:
                if stop.code:
                    raise
            return commands[0]
        return None


def summary_of(name: str) -> str:
    """What a recipe that ships with the package does."""
    from maquette.flow.recipes.load import recipe_summaries

    return recipe_summaries()[name]


def command_for_recipe(recipe: Recipe) -> click.Command:
    """The click command of a recipe."""
    from maquette.flow.report.flat import makes_flat_art

    params: list[click.Parameter] = [
        click.Argument([name], metavar=name.upper(), type=click.Path(path_type=Path)) for name in recipe.inputs
    ]
    params += flags_for(recipe_options(recipe))
    params.append(click.Option(["-o", "--output"], type=click.Path(path_type=Path), help="where the result goes"))
    from maquette.flow.prices import may_cost  # reports come with it, for which `maquette --help` should not wait

    params += [yes_option()] if may_cost(recipe) else []
    params.append(click.Option(["--json", "as_json"], is_flag=True, help="result and errors as JSON"))
    if makes_flat_art(recipe):
        words = "write OUT.report.html and OUT.report.json beside OUT"
        params.append(click.Option(["--report/--no-report"], default=True, help=words))

    def body(**options: Any) -> None:
        terminal = Terminal(options.pop("as_json"), agrees=options.pop("agrees", False))
        terminal.guard(lambda terminal: _run(recipe, options, terminal))

    shown = "\n  ".join(["\n\n\b\nExamples", *recipe.examples]) if recipe.examples else ""
    return click.Command(recipe.name, params=params, callback=body, help=recipe.summary + shown)


def _run(recipe: Recipe, options: dict[str, Any], terminal: Terminal) -> int:
    """Run a recipe over files; its result goes to a file, findings are printed."""
    from maquette.core.errors import BadSetting
    from maquette.core.profiles import Printer
    from maquette.faces.cli.stage_command import show_findings
    from maquette.flow import disk
    from maquette.flow.engine.run import run
    from maquette.flow.report.flat_page import write_flat_report
    from maquette.flow.streams import is_stream
    from maquette.store import Store

    output, report = options.pop("output"), options.pop("report", False)
    is_check = registry().find(recipe.steps[recipe.result].stage).stage.is_check
    if output is None and not is_check:
        raise BadSetting(f"{recipe.name}: no -o given; name the file that the result goes to")
    kinds = recipe.input_kinds()
    inputs = {name: read_input(options.pop(name), kinds[name]) for name in recipe.inputs}
    store = Store()
    with terminal.progress(recipe.name):
        done = run(recipe, inputs, given_options(options), store=store)
    if is_check:
        return show_findings(done.result, terminal)
    place = disk.save(done.result, output)
    beside: list[Path] = []
    if report and not is_stream(output):
        with terminal.progress("report"):
            beside = write_flat_report(done, output, Printer.default(), store)
    words = {"output": str(place), "seconds": dict(done.seconds), "reports": [str(path) for path in beside]}
    terminal.say("\n".join([f"{place}: {done.result!r}", *map(str, beside)]), words)
    return 0

"""A recipe as a command: its knobs are the options."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from maquette.faces.cli.stage_command import Words, choices_of, read_input
from maquette.faces.cli.terminal import Terminal
from maquette.registry import Setting, registry

if TYPE_CHECKING:  # reading recipes needs YAML, which `maquette --help` should not wait for
    from maquette.flow.recipes.graph import Knob, Recipe

DOT = "__"  # between step and setting in a parameter's name


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
            made: list[click.Command] = []

            def build(terminal: Terminal) -> int:
                made.append(command_for_recipe(load_recipe(cmd_name)))
                return 0

            try:
                Terminal(False).guard(build)
            except SystemExit as stop:
                if stop.code:
                    raise
            return made[0]
        return None


def knob_options(knobs: list[Knob]) -> list[click.Parameter]:
    """Options of a recipe's knobs; where a knob swaps a stage, also the settings of the stages that may stand there."""
    options: dict[str, click.Parameter] = {}
    swaps = [knob for knob in knobs if knob.swaps]
    for knob in knobs:
        words = choices_of(knob.kind)
        default = "" if knob.default is None else f" [default: {knob.default}]"
        options[knob.name] = click.Option(
            [f"--{knob.name.replace('_', '-')}", knob.name],
            type=Words(words),
            metavar="|".join(words) if 0 < len(words) <= 8 else "VALUE",
            help=f"{knob.description}{default}",
        )
    for knob in swaps:
        for name in choices_of(knob.kind):
            for setting in registry()[name].stage.settings.values():
                if setting.name not in options:
                    options[setting.name] = _setting_of(knob.swaps, name, setting)
    return list(options.values())


def _setting_of(step: str, stage: str, setting: Setting) -> click.Option:
    """A setting of one of the stages that fit a step, as an option; its parameter is called step__setting."""
    flag = f"--{setting.name.replace('_', '-')}"
    help_text = f"{stage}: {setting.description}"
    return click.Option([flag, f"{step}{DOT}{setting.name}"], type=Words(choices_of(setting.kind)), help=help_text)


def turned(given: dict[str, Any]) -> dict[str, Any]:
    """Knobs as the recipe takes them: those that were given, step__setting as step.setting."""
    return {name.replace(DOT, "."): value for name, value in given.items() if value is not None}


def command_for_recipe(recipe: Recipe) -> click.Command:
    """The click command of a recipe."""
    params: list[click.Parameter] = [
        click.Argument([name], metavar=name.upper(), type=click.Path(path_type=Path)) for name in recipe.inputs
    ]
    params += knob_options(recipe.knobs.values())
    params.append(click.Option(["-o", "--output"], type=click.Path(path_type=Path), help="where the result goes"))
    params.append(click.Option(["--json", "as_json"], is_flag=True, help="result and errors as JSON"))

    def body(**given: Any) -> None:
        Terminal(given.pop("as_json")).guard(lambda terminal: _run(recipe, given, terminal))

    return click.Command(recipe.name, params=params, callback=body, help=recipe.summary)


def _run(recipe: Recipe, given: dict[str, Any], terminal: Terminal) -> int:
    """Run a recipe over files; its result goes to a file, findings are printed."""
    from maquette.core.errors import BadSetting
    from maquette.faces.cli.stage_command import show_findings
    from maquette.flow import disk
    from maquette.flow.engine.run import run
    from maquette.store import Store

    output = given.pop("output")
    is_check = registry().find(recipe.steps[recipe.result].stage).stage.is_check
    if output is None and not is_check:
        raise BadSetting(f"{recipe.name}: no -o given; name the file that the result goes to")
    kinds = recipe.input_kinds()
    inputs = {name: read_input(given.pop(name), kinds[name]) for name in recipe.inputs}
    with terminal.progress(recipe.name):
        done = run(recipe, inputs, turned(given), store=Store())
    if is_check:
        return show_findings(done.result, terminal)
    place = disk.save(done.result, output)
    seconds = dict(done.seconds)
    terminal.say(f"{place}: {done.result!r}", {"output": str(place), "seconds": seconds})
    return 0

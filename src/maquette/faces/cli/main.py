"""The command line: a few whole jobs first, then every stage as a command of its own.

Commands are made when they are asked for; ``maquette --help`` only reads names and first sentences.
"""

from __future__ import annotations

import re
import sys
from typing import Any

import click

from maquette.core.errors import MaquetteError
from maquette.faces.cli import jobs
from maquette.faces.cli.again_command import again
from maquette.faces.cli.bakeoff_command import bake_off
from maquette.faces.cli.batch_command import BatchCommand, VariantsCommand
from maquette.faces.cli.draft_command import draft_then_final
from maquette.faces.cli.hand_off import with_open
from maquette.faces.cli.hosted_command import generators, list_orders
from maquette.faces.cli.index import stage_index
from maquette.faces.cli.lods_command import lods
from maquette.faces.cli.open_command import open_workbench
from maquette.faces.cli.ready_command import ready
from maquette.faces.cli.recipe_command import RecipeGroup, summary_of
from maquette.faces.cli.serve_command import key, serve
from maquette.faces.cli.stage_command import command_for, stage_lines
from maquette.faces.cli.terminal import Terminal
from maquette.faces.cli.worker_command import worker
from maquette.registry import registry

EPILOG = """\b
Examples
  maquette print chair.jpg -o chair.3mf --height-mm 120
  maquette model chair.jpg -o chair.glb --target unity
  maquette check part.stl --for print --printer bambu-a1
"""


FLAT_ART = ("cutter", "lamp", "lithophane", "medal", "paint", "relief", "sign", "stamp")  # recipes, commands too
_RECIPES = RecipeGroup(name="run", help="Run a recipe, ours by name or yours from a YAML file.")


class House(click.Group):
    """Jobs by name, and behind them the registry: each stage is a command."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """As click does; what goes wrong before a command can speak for itself is one line too."""
        try:
            return super().main(*args, **kwargs)
        except MaquetteError as problem:
            click.echo(f"{type(problem).__name__}: {problem}", err=True)
            sys.exit(problem.exit_code)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does; ``-.stl``, standard input or output of this kind, is a file; ``-.5`` is a number."""
        return super().parse_args(ctx, [re.sub(r"^-(?=\.(3mf|[A-Za-z]\w*)$)", "./-", one) for one in args])

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Jobs in their own order, then stages by name."""
        return [*self.commands, *FLAT_ART, *(line.name for line in stage_index() if line.name not in FLAT_ART)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A job, or the command of a stage."""
        if cmd_name in self.commands:
            return self.commands[cmd_name]
        if cmd_name in FLAT_ART:
            return _RECIPES.get_command(ctx, cmd_name)
        known = registry()
        if cmd_name not in known and cmd_name not in known.aliases:
            return None
        command = command_for(known[cmd_name])
        return with_open(command) if cmd_name == "slice" else command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """As click does, with the nearest names when there is no such command.

        ``open`` is the workbench, and the stage of that name where ``-o`` says where its result goes.
        """
        import difflib

        if args[0] == "open" and not any(word.startswith(("-o", "--output")) for word in args[1:]):
            return "open", open_workbench, args[1:]

        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as problem:
            close = difflib.get_close_matches(args[0], self.list_commands(ctx), n=3)
            if close:
                hint = f"{problem.message} Did you mean {' or '.join(close)}?"
                raise click.UsageError(hint, problem.ctx) from None
            raise

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Jobs, then one section of stages per room."""
        with formatter.section("Jobs"):
            jobs_first = {"open": open_workbench, **self.commands}
            formatter.write_dl([(name, command.get_short_help_str(90)) for name, command in jobs_first.items()])
        with formatter.section("Flat art"):
            formatter.write_dl([(name, summary_of(name)) for name in FLAT_ART])
        rooms: dict[str, list[tuple[str, str]]] = {}
        for line in stage_index():
            if line.name in FLAT_ART:
                continue  # the recipe takes all that its stage does, and more
            rooms.setdefault(line.room, []).append((line.name, line.summary))
        for room, rows in rooms.items():
            with formatter.section(f"Stages: {room}"):
                formatter.write_dl(rows)


@click.group(
    cls=House, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120}
)
@click.version_option(package_name="maquette")
def main() -> None:
    """Turn a picture into a 3D thing you can use: a solid that prints, or a textured model, with the proof."""


main.add_command(jobs.JobCommand("print", "Make a photo into a solid that prints."))
main.add_command(jobs.JobCommand("model", "Make a photo into a textured model."))
main.add_command(jobs.CheckCommand())
main.add_command(jobs.convert)
main.add_command(ready)
main.add_command(lods)
main.add_command(jobs.gallery)
main.add_command(again)
main.add_command(BatchCommand())
main.add_command(VariantsCommand())
main.add_command(bake_off)
main.add_command(draft_then_final)
main.add_command(generators)
main.add_command(list_orders)
main.add_command(serve)
main.add_command(key)
main.add_command(worker)
main.add_command(_RECIPES)


@main.command("stages")
@click.option("--json", "as_json", is_flag=True, help="everything about every stage, for machines")
def stages(as_json: bool) -> None:
    """List every stage, and the plugins that failed to load with their reasons."""

    def body(terminal: Terminal) -> int:
        known = registry()
        text = stage_lines(function.stage for function in known.values())
        text += "".join(f"\n\nplugin {name} failed: {reason}" for name, reason in known.failures.items())
        text += "".join(f"\n\nplugin {name}: {remark}" for name, remark in known.notices.items())
        rows = [function.stage.as_dict() for function in known.values()]
        terminal.say(text, {"stages": rows, "failures": dict(known.failures), "notices": dict(known.notices)})
        return 0

    Terminal(as_json).guard(body)


@main.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the lines that make your shell complete maquette's commands: eval "$(maquette completion bash)"."""
    from click.shell_completion import get_completion_class

    maker = get_completion_class(shell)
    if maker is not None:
        click.echo(maker(main, {}, "maquette", "_MAQUETTE_COMPLETE").source())

"""``maquette batch`` and ``maquette variants``: many jobs into one folder, with a page and a table over them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from maquette.core.errors import BadSetting
from maquette.faces.cli.jobs import LazyCommand
from maquette.faces.cli.options import given_options, yes_option
from maquette.faces.cli.terminal import Terminal
from maquette.store.accounts import budget_usd

if TYPE_CHECKING:
    from maquette.flow.batch.run import Result
    from maquette.flow.batch.tasks import Task
    from maquette.flow.options import Option

_ENDINGS = {"print": ".3mf", "model": ".glb"}


class ManyCommand(LazyCommand):
    """What both have in common: the options of a job, a folder, and how many at once."""

    destination: Any

    def __init__(self, name: str, text: str, argument: str, *own: click.Parameter) -> None:
        place = click.Path(path_type=Path)
        fixed: list[click.Parameter] = [
            click.Argument([argument], type=place),
            click.Option(["-o", "--output"], type=place, required=True, help="the folder of the results"),
            click.Option(
                ["--for", "destination"], type=click.Choice(list(_ENDINGS)), default="print", show_default=True
            ),
            click.Option(
                ["--ending"], help="kind of file: .3mf, .stl, .glb …; default: .3mf to print, .glb as a model"
            ),
            click.Option(["--workers"], type=click.IntRange(1, 256), default=1, show_default=True, help="at once"),
            click.Option(["--again"], is_flag=True, help="try once more what was refused"),
            click.Option(["--set", "settings"], multiple=True, metavar="OPTION=VALUE", help="an option of the job"),
            yes_option(),
            *own,
        ]
        super().__init__(name, params=fixed, callback=self.run, help=text)

    def options(self) -> tuple[Option, ...]:
        """None: two destinations have too many; ``--set`` takes them by name."""
        return ()

    def tasks(self, source: Path, options: dict[str, Any], own: dict[str, Any]) -> list[Task]:
        """What is to be done."""
        raise NotImplementedError

    def run(self, **options: Any) -> None:
        """Do it all and say what came of it."""
        terminal = Terminal(options.pop("as_json"), agrees=options["agrees"])
        terminal.guard(lambda terminal: self.work(given_options(options), terminal))

    def work(self, options: dict[str, Any], terminal: Terminal) -> int:
        """1 when something was refused."""
        from maquette.flow.batch.page import write_tables
        from maquette.flow.batch.run import run_batch
        from maquette.flow.jobs import job_from

        folder, destination = options["output"], options.pop("destination")
        ending = options.pop("ending", _ENDINGS[destination])
        workers, again = options.pop("workers"), options.pop("again")
        pay_usd = budget_usd("run") if options.pop("agrees") else 0.0
        settings = option_pairs(options.pop("settings"), "--set")
        source = options.pop("source")
        job_from(destination, b"", folder / f"x{ending}", settings)  # refuses before anything runs
        tasks = self.tasks(source, settings, options)
        title = f"{self.name} of {source.name}"

        def tell(results: list[Result]) -> None:
            write_tables(results, folder, title)

        with terminal.progress(str(self.name)):
            results = run_batch(
                tasks, folder, destination, ending, workers=workers, again=again, pay_usd=pay_usd, listen=tell
            )
        terminal.say(_summary(results, folder), {"results": [vars(each) for each in results], "folder": str(folder)})
        return int(any(not each.is_made for each in results))


class BatchCommand(ManyCommand):
    """A folder of pictures, or a CSV."""

    def __init__(self) -> None:
        shard = click.Option(["--shard"], default="1/1", metavar="K/N", help="the K-th of N shares, for N machines")
        text = (
            "Make every picture of a folder or of s3://bucket/prefix, or every row of a CSV (photo, options).\n\n"
            "Each goes into a folder of its own. "
            "Run it again, and it does what is missing; index.html and batch.csv show everything."
        )
        super().__init__("batch", text, "source", shard)

    def tasks(self, source: Path, options: dict[str, Any], own: dict[str, Any]) -> list[Task]:
        """The pictures of this share."""
        from maquette.flow.batch.tasks import tasks_at, tasks_in

        match = re.fullmatch(r"(\d{1,6})/(\d{1,6})", own["shard"])
        if not match or not 1 <= int(match[1]) <= int(match[2]):
            raise BadSetting(f"batch: --shard {own['shard']}; give K/N with K from 1 to N")
        share = (int(match[1]), int(match[2]))
        if re.match(r"(s3|file):/", str(source)):  # as a path it has lost a slash
            scheme, _, rest = str(source).partition(":/")
            slashes = "///" if scheme == "file" else "//"
            return tasks_at(f"{scheme}:{slashes}{rest.lstrip('/')}", own["output"] / ".photos", options, share)
        return tasks_in(source, options, share)


class VariantsCommand(ManyCommand):
    """One picture, every way of a grid."""

    def __init__(self) -> None:
        vary = click.Option(
            ["--vary"], multiple=True, metavar="OPTION=A,B,…", help="values of an option; several make a grid"
        )
        text = "Make one picture every way of a grid of options, with a page that shows them side by side."
        super().__init__("variants", text, "source", vary)

    def tasks(self, source: Path, options: dict[str, Any], own: dict[str, Any]) -> list[Task]:
        """The whole grid."""
        from maquette.flow.batch.tasks import grid

        varied = {name: value.split(",") for name, value in option_pairs(own.get("vary", ()), "--vary").items()}
        return grid(source, options, varied)


def option_pairs(words: Sequence[str], flag: str) -> dict[str, str]:
    """``name=value`` words by name; hyphens as one types them."""
    pairs = [word.partition("=") for word in words]
    for word, (name, sign, _) in zip(words, pairs, strict=True):
        if not name or not sign:
            raise BadSetting(f"batch: {flag} {word}; write OPTION=VALUE")
    return {name.replace("-", "_"): value for name, _, value in pairs}


def _summary(results: list[Result], folder: Path) -> str:
    """The last lines: how many, what was refused and why, where to look."""
    refused = [each for each in results if not each.is_made]
    lines = [f"{folder}: {len(results)} tasks, {len(results) - len(refused)} made, {len(refused)} refused"]
    lines += [f"  {each.name}: {each.error}" for each in refused[:50]]
    return "\n".join([*lines, str(folder / "index.html"), str(folder / "batch.csv")])

"""``maquette draft-then-final``: drafts for nothing until the photo is right, then one run that costs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from maquette.faces.cli.options import yes_option
from maquette.faces.cli.terminal import Terminal

if TYPE_CHECKING:
    from maquette.flow.draft import Lock


@click.command("draft-then-final", params=[yes_option()])
@click.argument("photo", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="where the final result goes")
@click.option("--for", "destination", type=click.Choice(["print", "model"]), default="print", show_default=True)
@click.option("--draft", default="sculpt", show_default=True, help="the generator that drafts; it must cost nothing")
@click.option("--final", required=True, metavar="NAME", help="the generator of the final run: tripo, fal, meshy …")
@click.option(
    "--when",
    type=click.Choice(["always", "noisy", "never"]),
    default="always",
    show_default=True,
    help="noisy: only where the draft's checks say that it did not understand the photo; never: draft alone",
)
@click.option("--set", "settings", multiple=True, metavar="OPTION=VALUE", help="an option of the job")
@click.option("--json", "as_json", is_flag=True, help="result and errors as JSON")
def draft_then_final(as_json: bool, agrees: bool, **options: Any) -> None:
    """Draft a photo with a generator that costs nothing, look at it, then make it once for money.

    The draft lies beside OUT as OUT.draft, with a lock on the photo: the final run is of that very photo and options.
    Change the photo, run it again, and only the draft is made anew until you agree to the price.
    """
    Terminal(as_json, agrees=agrees).guard(lambda terminal: _work(options, terminal))


def _work(options: dict[str, Any], terminal: Terminal) -> int:
    """Draft unless the lock is of this photo, then the final run; 1 when the last report failed."""
    from maquette.faces.cli.batch_command import option_pairs
    from maquette.flow.draft import draft_place, is_of, make_draft, make_final, read_lock

    photo, output, destination = options["photo"], options["output"], options["destination"]
    settings = option_pairs(options["settings"], "--set")
    lock = read_lock(output)
    passed = True
    if lock is None or lock.generator != options["draft"] or not is_of(lock, photo, settings, destination):
        with terminal.progress("draft"):
            done, lock = make_draft(destination, photo, output, options["draft"], settings)
        passed = done.made.report.passed
    lines = [f"draft: {draft_place(output)}, {lock.verdict}{_noise_words(lock)}"]
    data: dict[str, Any] = {"draft": str(draft_place(output)), "verdict": lock.verdict, "noise": list(lock.noise)}
    if options["when"] == "never" or (options["when"] == "noisy" and not lock.noise):
        terminal.say("\n".join([*lines, "no final run"]), data | {"final": None})
        return int(not passed)
    click.echo(lines[0], err=True)
    with terminal.progress("final"):
        final = make_final(photo, output, options["final"], lock)
    report = final.made.report
    terminal.say(
        f"{final.output}: {final.made.asset!r}\nreport: {report.verdict}",
        data | {"final": str(final.output), "report": report.as_dict()},
    )
    return int(not report.passed)


def _noise_words(lock: Lock) -> str:
    """What speaks against the draft."""
    return f"; it did not understand the photo: {', '.join(lock.noise)}" if lock.noise else ""

"""The whole jobs: print, model, check, convert, gallery. Each hands its work to flow/ and tells what came of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from maquette.faces.cli.hand_off import open_option
from maquette.faces.cli.options import flags_for, given_options, yes_option
from maquette.faces.cli.ready_command import make_ready
from maquette.faces.cli.terminal import STARTED, Terminal

if TYPE_CHECKING:  # a job's module loads the registry, which `maquette --help` should not wait for
    from maquette.flow.deliver import Delivery
    from maquette.flow.options import Option

_PHOTO = "PHOTO is a file, or several of one thing: front=a.jpg,right=b.jpg,back=c.jpg."
_RAW = "A model file in place of the photo is made ready for the target, as `ready` does it."
_REPORTS = "OUT.report.html and OUT.report.json are written beside OUT."


class LazyCommand(click.Command):
    """A command whose options are read from the registry when it is really asked for."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """The fixed parameters, then one flag per option, then ``--json``."""
        if not getattr(self, "complete", False):
            self.params += [*flags_for(self.options()), *self.last_params()]
            self.complete = True
        return super().get_params(ctx)

    def options(self) -> tuple[Option, ...]:
        """What may be turned."""
        raise NotImplementedError

    def last_params(self) -> list[click.Parameter]:
        """What stands at the end."""
        return [click.Option(["--json", "as_json"], is_flag=True, help="result and errors as JSON")]


class JobCommand(LazyCommand):
    """``print`` or ``model``: a photo to files."""

    def __init__(self, name: Any, summary: str) -> None:
        argument = click.Argument(["photo"], type=click.Path(path_type=Path))
        intro = f"{_PHOTO} {_RAW}" if name == "model" else _PHOTO
        super().__init__(name, params=[argument], callback=self.run, help=f"{summary}\n\n{intro}\n\n{_REPORTS}")
        self.destination = name

    def options(self) -> tuple[Option, ...]:
        """Those of the job, its slicing and its recipes."""
        from maquette.flow.kept_options import offer_of

        options, endings = offer_of(self.destination)
        place = click.Path(path_type=Path)
        self.params.append(click.Option(["-o", "--output"], type=place, required=True, help=", ".join(endings)))
        return options

    def last_params(self) -> list[click.Parameter]:
        """A print may be shown in the slicer's window."""
        return [*([open_option()] if self.destination == "print" else []), yes_option(), *super().last_params()]

    def run(self, **options: Any) -> None:
        """Do the job and say what came of it."""
        terminal = Terminal(options.pop("as_json"), agrees=options.pop("agrees"))
        terminal.guard(lambda terminal: self.deliver(options, terminal))

    def deliver(self, options: dict[str, Any], terminal: Terminal) -> int:
        """The job as a value, done; 1 when the report failed."""
        from maquette.flow.deliver import deliver
        from maquette.flow.jobs import job_from
        from maquette.flow.ready import is_model_file

        photo, output, opens = options.pop("photo"), options.pop("output"), options.pop("open_", False)
        if self.destination == "model" and is_model_file(photo):
            return make_ready(photo, output, given_options(options), terminal)
        job = job_from(self.destination, photo, output, given_options(options), only_shown=opens)
        with terminal.progress(self.destination):
            done = deliver(job, started=STARTED)
        if opens:
            from maquette.formats.slicers.window import open_in_slicer

            open_in_slicer(output, job.slicing.slicer)
        terminal.say(*_summary_of(done))
        return int(not done.made.report.passed)


def _summary_of(done: Delivery) -> tuple[str, dict[str, Any]]:
    """What came of a job, in lines and as data."""
    result = done.made
    lines = [
        f"{done.output}: {result.asset!r}",
        f"route: {result.route}, {result.why}; report: {result.report.verdict}",
    ]
    data: dict[str, Any] = {"output": str(done.output), "reports": [str(place) for place in done.reports]}
    data |= {"route": result.route, "why": result.why}
    if result.sliced is not None:
        said = result.sliced.summary
        lines.insert(1, f"{said['slicer']}: {said['time']}, {said['filament_g']} g, {said['layers']} layers")
        data["slicing"] = result.sliced.as_dict()
    lines += [f"  {finding}" for finding in result.report.findings if finding.verdict in ("warn", "fail")]
    lines += [str(place) for place in done.places]
    return "\n".join(lines), {**data, "report": result.report.as_dict(), "seconds": dict(result.seconds)}


class CheckCommand(LazyCommand):
    """``check``: a model file judged."""

    def __init__(self) -> None:
        argument = click.Argument(["file"], type=click.Path(path_type=Path))
        text = "Check a model file: exit code 0 when it passes, 1 when something failed. Findings come worst first."
        super().__init__("check", params=[argument], callback=self.run, help=text)

    def options(self) -> tuple[Option, ...]:
        """The destination, and whose limits apply."""
        from maquette.flow.check import check_options

        return check_options()

    def run(self, **options: Any) -> None:
        """Judge the file and list what was found."""
        Terminal(options.pop("as_json")).guard(lambda terminal: self.judge(options, terminal))

    def judge(self, options: dict[str, Any], terminal: Terminal) -> int:
        """1 when something failed."""
        from maquette.flow.check import check_file

        with terminal.progress("check"):
            report = check_file(options.pop("file"), given_options(options))
        terminal.say(str(report), report.as_dict())
        return int(not report.passed)


@click.command("convert")
@click.argument("source", metavar="IN", type=click.Path(path_type=Path))
@click.argument("output", metavar="OUT", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="result and errors as JSON")
def convert(source: Path, output: Path, as_json: bool) -> None:
    """Convert a model file to another format, by the files' endings; nothing is repaired on the way."""

    def body(terminal: Terminal) -> int:
        from maquette.flow import disk
        from maquette.flow.encode import encode_asset, say_what_is_missing

        with terminal.progress("convert"):
            asset = disk.read(source)
            say_what_is_missing(asset, source, output)
            place = disk.put(encode_asset(asset, output), output)
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
        from maquette.flow.judge import insist_on_destination

        with terminal.progress("gallery"):
            rows = write_gallery(folder, output, insist_on_destination("gallery", destination))
        failed = sum(row.error != "" for row in rows)
        text = f"{output}: {len(rows)} pictures, {len(rows) - failed} made, {failed} refused"
        terminal.say(text, {"output": str(output), "rows": [row.as_dict() for row in rows]})
        return 0

    Terminal(as_json).guard(body)

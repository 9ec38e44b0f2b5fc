"""Over to the slicer: the options of ``print`` that slice, and a model in the window of the user's own program."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from maquette.core.errors import BadSetting, CannotDo
from maquette.faces.cli.stage_command import Words
from maquette.faces.cli.terminal import Terminal

SLICERS = ("prusa", "orca", "cura")
_START = 1.0  # seconds in which a program that cannot start, for want of a screen say, has given up


def slicing_options() -> list[click.Parameter]:
    """What ``print`` offers besides making the model."""
    return [
        click.Option(["--slice", "slice_"], is_flag=True, help="slice it too: OUT.gcode, and a part of the report"),
        click.Option(["--slicer"], type=Words(SLICERS), metavar="|".join(SLICERS), help="which one [default: prusa]"),
        click.Option(["--profile"], default="", metavar="FILE", help="your own profile for the slicer"),
        click.Option(["--price-kg"], type=Words(), metavar="NUMBER", help="of a kilogram of filament, for the cost"),
        click.Option(["--open", "open_"], is_flag=True, help="open the result in the slicer"),
    ]


@dataclass(frozen=True)
class HandOff:
    """What a user wants of the slicer."""

    slices: bool = False
    opens: bool = False
    slicer: str = "prusa"
    profile: str = ""
    price_kg: float | None = None

    @classmethod
    def taken_from(cls, given: dict[str, Any]) -> HandOff:
        """The options, out of all those given; anything about slicing means to slice. Missing programs are told now."""
        slices, opens = given.pop("slice_", False), given.pop("open_", False)
        slicer, profile, price = given.pop("slicer", None), given.pop("profile", ""), given.pop("price_kg", None)
        if slicer not in (None, *SLICERS):
            raise BadSetting(f"print: --slicer {slicer}; it is one of {', '.join(SLICERS)}")
        slices = bool(slices or profile or price is not None or (slicer and not opens))
        made = cls(slices, opens, slicer or "prusa", profile, _price(price))
        if slices:
            from maquette.flow.printing import insist_on_slicer

            insist_on_slicer(made.slicer, given.get("printer"))
        return made

    def sliced(self, made: Any, output: Path, *, force: bool) -> Any:
        """What was made, sliced; what would not fill is not handed to a slicer unless the user insists."""
        from maquette.flow.make import refuse_unprintable
        from maquette.flow.printing import with_slicing

        try:
            if not force:
                refuse_unprintable(made)
        except CannotDo:
            return made  # refused again, with its report, before anything is written
        return with_slicing(
            made, slicer=self.slicer, profile=self.profile, price_kg=self.price_kg, stem=output.stem or "model"
        )

    def written(self, made: Any, output: Path) -> list[Path]:
        """The G-code beside the output, if there is one."""
        from maquette.core.files import Files
        from maquette.flow import disk

        if made.printed is None:
            return []
        place = output.with_suffix(".gcode")
        return [disk.put(Files(place.name, {place.name: made.printed.files.data}), place)]

    def opened(self, output: Path) -> None:
        """The output in the slicer's window, if the user wants to see it there."""
        if self.opens:
            open_in_slicer(output, self.slicer)


def _price(text: str | None) -> float | None:
    """A price as typed."""
    try:
        price = None if text is None else float(text)
    except ValueError:
        raise BadSetting(f"print: --price-kg {text!r} is no number") from None
    if price is not None and not 0 <= price < 1e9:
        raise BadSetting(f"print: --price-kg {text}; it must be 0 or more")
    return price


def open_in_slicer(path: Path, slicer: str) -> None:
    """Show a file in the slicer's window, which stays open when we end; `CannotDo` when it ends at once."""
    from maquette.formats.slicers.slice import viewer

    program = viewer(slicer)
    nothing = subprocess.DEVNULL
    process = subprocess.Popen(
        [program, str(path.absolute())], stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True
    )
    until = time.monotonic() + _START
    while time.monotonic() < until and process.poll() is None:
        time.sleep(0.05)
    if process.poll():
        raise CannotDo(f"open: {Path(program).name} ended with code {process.returncode} at once; is there a screen?")


def with_open(command: click.Command) -> click.Command:
    """The stage ``slice`` as a command that can also show its model in the slicer; without -o it only does that."""
    plain = command.callback
    command.params.append(click.Option(["--open", "open_"], is_flag=True, help="show the model in the slicer's window"))

    def body(**given: Any) -> None:
        if not given.pop("open_"):
            plain(**given)  # type: ignore[misc]
            return

        def show(terminal: Terminal) -> int:
            slicer = given["slicer"] or "prusa"
            if slicer not in SLICERS:
                raise BadSetting(f"slice: --slicer {slicer}; it is one of {', '.join(SLICERS)}")
            open_in_slicer(given["asset"], slicer)
            return 0

        if given["output"] is None:
            Terminal(given["as_json"]).guard(show)
        try:
            plain(**given)  # type: ignore[misc]
        except SystemExit as done:
            if done.code:
                raise
        Terminal(given["as_json"]).guard(show)

    command.callback = body
    return command

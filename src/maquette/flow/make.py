"""From one photo to a finished asset with its report: which recipe, which size, and may it leave the house?"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from maquette.core.asset import Asset
from maquette.core.errors import BadSetting, CannotDo
from maquette.core.history import Step
from maquette.core.profiles import Printer, Target
from maquette.core.progress import part
from maquette.core.report import Finding, Report
from maquette.core.subject import Subject
from maquette.flow.disk import read_bytes
from maquette.flow.engine.run import Run, run
from maquette.flow.judge import Destination, judge
from maquette.flow.recipes.graph import Recipe
from maquette.flow.recipes.load import load_recipe
from maquette.flow.report.mended import Moved, moved_by_mending
from maquette.registry import registry
from maquette.store import Store

if TYPE_CHECKING:
    from maquette.flow.printing import Printed

Route = Literal["auto", "full", "relief"]
MAX_PHOTO_BYTES = 20_000_000


@dataclass(frozen=True)
class Made:
    """What came of a photo: the asset, the photo as opened and as cut out, opinions on both, the time, a slicing.

    ``asked`` are the knobs that somebody turned: name, value and what it means. ``run`` has the values on the way.
    """

    asset: Asset
    report: Report
    photo: Subject
    cut: Subject
    intake: tuple[Finding, ...]
    route: str
    recipe: str
    printer: Printer
    target: Target
    seconds: Mapping[str, float] = field(default_factory=dict)
    printed: Printed | None = None
    asked: tuple[tuple[str, str, str], ...] = ()
    run: Run | None = field(default=None, repr=False, compare=False)

    @cached_property
    def moved(self) -> Moved | None:
        """How far mending moved the surface, measured when first asked for; None where nothing is known or moved."""
        return None if self.run is None else moved_by_mending(self.run, self.printer)

    @property
    def history(self) -> tuple[Step, ...]:
        """The stages that the asset went through."""
        return self.asset.history


def make(
    photo: str | Path | bytes,
    destination: Destination = "print",
    *,
    route: Route = "auto",
    knobs: Mapping[str, Any] | None = None,
    printer: Printer | str | None = None,
    target: Target | str | None = None,
    store: Store | None = None,
) -> Made:
    """Make a photo into an asset for a destination and judge it.

    ``knobs`` are those of the recipe (``height_mm``, ``generator``, …). With ``route="auto"`` the intake inspection
    decides between a full body and a relief; a model is always a full body.
    """
    data = photo if isinstance(photo, bytes) else read_bytes(Path(photo), MAX_PHOTO_BYTES)
    title = "" if isinstance(photo, bytes) else Path(photo).stem
    machine = Printer.given(printer)
    engine = Target.given(target)
    started = time.perf_counter()
    with part(0.0, 0.15):
        looked = _intake(data, store)
    opened, intake = looked.values["opened"], looked.result
    chosen = _route(route, destination, intake)
    name = "model" if destination == "model" else {"full": "print", "relief": "relief"}[chosen]
    recipe = load_recipe(name).for_printer(machine)
    given = {key: value for key, value in (knobs or {}).items() if value is not None}
    unknown = sorted(name for name in given if name not in recipe.knobs and "." not in name)
    if unknown:
        raise BadSetting(f"{name}: no knob {unknown[0]!r} on this route; it has {', '.join(recipe.knobs)}")
    with part(0.15, 0.75):
        done = run(recipe, {"photo": data}, given, store=store)
    asset: Asset = done.result.replace(title=title or done.result.title)
    seconds = {ran.recipe.steps[step].stage: taken for ran in (looked, done) for step, taken in ran.seconds.items()}
    before = time.perf_counter()
    with part(0.75, 1.0):
        report = judge(asset, destination, printer=machine, target=engine)
    seconds["checks"] = time.perf_counter() - before
    seconds["total"] = time.perf_counter() - started
    cut, asked = _cut(done, opened), tuple(_asked(recipe, done, given))
    return Made(asset, report, opened, cut, intake, chosen, name, machine, engine, seconds, asked=asked, run=done)


def _asked(recipe: Recipe, done: Run, given: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Each knob that was turned, its value as words, and what it means."""
    for name, value in given.items():
        if name in recipe.knobs:
            words = recipe.knobs[name].description
        else:
            step, _, setting = name.partition(".")
            words = done.recipe.stage_of(step).settings[setting].description
        yield name.rpartition(".")[2], str(value), words


def _intake(data: bytes, store: Store | None) -> Run:
    """The photo opened, cut out and looked at; only looked at where nothing can be cut out (flat art, a landscape)."""
    try:
        return run(load_recipe("intake"), {"photo": data}, {}, store=store)
    except CannotDo:
        return run(load_recipe("glance"), {"photo": data}, {}, store=store)


def _route(route: Route, destination: Destination, intake: tuple[Finding, ...]) -> str:
    """The route that was asked for, or the one that the intake recommends."""
    if route != "auto":
        if destination == "model" and route == "relief":
            raise BadSetting("model: a relief is flat; use `print --route relief`")
        return route
    if destination == "model":
        return "full"
    recommended = next((finding.value for finding in intake if finding.check == "route"), None)
    return "full" if recommended is None or recommended >= 0.5 else "relief"


def _cut(done: Run, opened: Subject) -> Subject:
    """The last Subject on the way that has a mask; the photo itself where no step cut it."""
    cut = opened
    for step in done.values:
        if done.recipe.stage_of(step).output is Subject:
            made = done.values[step]
            cut = cut if made.mask is None else made
    return cut


def blocking(made: Made) -> list[Finding]:
    """The failed findings that keep a print file from being written: those of checks whose fact ``gates`` says so."""
    if made.report.destination != "print":
        return []
    gates = {check.stage.name for check in registry().checks() if check.stage.facts.gates}
    return [finding for finding in made.report.findings if finding.verdict == "fail" and finding.check in gates]


def refuse_unprintable(made: Made) -> None:
    """``CannotDo`` when a print asset would not slice to a filled solid; the message names every reason.

    Only checks whose fact ``gates`` says so stand in the way (closed, manifold, wound outward, not cutting itself, on
    the bed, nothing trapped inside); what fails elsewhere, a thin wall say, is in the report and in the exit code.
    """
    failed = blocking(made)
    if failed:
        lines = "; ".join(f"{finding.check}: {finding.message}" for finding in failed)
        fixes = ", ".join(sorted({finding.fix for finding in failed if finding.fix}))
        raise CannotDo(f"print: {lines}; fix with {fixes or 'another photo'}, or write it all the same with --force")


def generators() -> list[str]:
    """Names of the stages that turn a Subject into an Asset."""
    return [n for n, f in registry().items() if list(f.stage.inputs.values()) == [Subject] and f.stage.output is Asset]

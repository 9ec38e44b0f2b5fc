"""What came of a job so far: first the asset and the way to it, then opinions on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.history import Step
from maquette.core.print_settings import PrintSettings
from maquette.core.profiles import Printer, Target
from maquette.core.report import Finding, Report
from maquette.core.subject import Subject
from maquette.flow.engine.run import Run
from maquette.flow.judge import Destination, gating_checks
from maquette.flow.report.mended import Moved, moved_by_mending
from maquette.flow.slicing import SlicedPrint
from maquette.store import Store


@dataclass(frozen=True, kw_only=True)
class Built:
    """The asset that a job made, the photo as opened and as cut out, what the intake said, the route and why.

    ``asked`` are the options that somebody gave: name, value and meaning. ``run`` has the values on the way, and
    ``seconds`` the time by step; steps that were kept from before have none. ``others`` are the photos besides the
    front, ``first_steps`` the steps that each of several photos went through, with their stages.
    """

    asset: Asset
    photo: Subject
    cut: Subject
    intake: tuple[Finding, ...]
    route: str
    recipe: str
    printer: Printer
    target: Target
    destination: Destination = "print"
    why: str = ""
    seconds: Mapping[str, float] = field(default_factory=dict)
    asked: tuple[tuple[str, str, str], ...] = ()
    others: Mapping[str, Subject] = field(default_factory=dict)
    first_steps: tuple[tuple[str, str], ...] = ()
    run: Run | None = field(default=None, repr=False, compare=False)
    store: Store | None = field(default=None, repr=False, compare=False)

    @property
    def timed(self) -> list[tuple[str, float | None]]:
        """The stages of the steps in their order, with their seconds; None for a step kept from before."""
        if self.run is None:
            return []
        before = [(stage, self.seconds.get(step)) for step, stage in self.first_steps]
        steps = self.run.recipe.steps
        return [*before, *((node.stage, self.seconds.get(step)) for step, node in steps.items())]

    @property
    def history(self) -> tuple[Step, ...]:
        """The stages that the asset went through."""
        return self.asset.history


@dataclass(frozen=True, kw_only=True)
class Made(Built):
    """What was built, with every opinion on it, and a slicing where one was wanted."""

    report: Report
    sliced: SlicedPrint | None = None
    told: PrintSettings | None = None  # what a slicer should be told, where a purpose was named

    @cached_property
    def moved(self) -> Moved | None:
        """How far mending moved the surface, measured when first asked for; None where nothing is known or moved."""
        return None if self.run is None else moved_by_mending(self.run, self.printer, self.store)

    @cached_property
    def blocking(self) -> tuple[Finding, ...]:
        """The failed findings that keep a print file from being written."""
        return blocking(self.report)


def blocking(report: Report) -> tuple[Finding, ...]:
    """Failed findings of checks whose fact ``gates`` says that no print file is written then."""
    if report.destination != "print":
        return ()
    gates = {check.stage.name for check in gating_checks()}
    return tuple(finding for finding in report.findings if finding.verdict == "fail" and finding.check in gates)


def refuse_unprintable(failed: tuple[Finding, ...]) -> None:
    """``CannotDo`` when a print asset would not slice to a filled solid; the message names every reason.

    Only what :func:`blocking` found stands in the way (not closed or manifold, wound inward, cutting itself, off the
    bed, something trapped inside); what fails elsewhere, a thin wall say, is in the report and in the exit code.
    """
    if failed:
        lines = "; ".join(f"{finding.check}: {finding.message}" for finding in failed)
        fixes = ", ".join(sorted({finding.fix for finding in failed if finding.fix}))
        raise CannotDo(f"print: {lines}; fix with {fixes or 'another photo'}, or write it all the same with --force")
